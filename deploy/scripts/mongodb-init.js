// Forms the replica set of one member and gives DataWald a user of its own. Done again, it changes nothing but the
// user's password, should that have changed. Run with: mongosh --nodb --quiet mongodb-init.js
const fs = require('fs');

const member = 'mongodb:27017';
const rootPassword = fs.readFileSync('/run/secrets/mongodb_root_password', 'utf8').trim();
const password = fs.readFileSync('/run/secrets/mongodb_password', 'utf8').trim();
const address = `mongodb://root:${encodeURIComponent(rootPassword)}@${member}/admin?directConnection=true`;
const pause = 2000; // milliseconds
const tries = 60;

let admin = null;
for (let n = 1; admin === null; n++) {
  try {
    admin = connect(address);
  } catch (error) {
    if (n === tries) throw error;
    print(`connect: ${error.message}`);
    sleep(pause);
  }
}

try {
  admin.adminCommand({ replSetGetStatus: 1 });
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  admin.adminCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: member }] } });
  print('replica set rs0 is formed');
}

for (let n = 1; !admin.adminCommand({ hello: 1 }).isWritablePrimary; n++) {
  if (n === tries) throw new Error('the replica set has no primary');
  sleep(pause);
}

const datawald = admin.getSiblingDB('datawald');
if (datawald.getUser('datawald') === null) {
  datawald.createUser({ user: 'datawald', pwd: password, roles: [{ role: 'readWrite', db: 'datawald' }] });
  print('user datawald is created');
} else {
  datawald.updateUser('datawald', { pwd: password });
}
print('MongoDB is ready');
