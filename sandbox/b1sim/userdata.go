package b1sim

// createUserField answers POST UserFieldsMD. The field becomes the property U_<Name> of every entity of its table, once
// the Service Layer has been restarted (Service Layer manual 3.14 and 7.2).
func (x *exec) createUserField(set *entitySet, in row) (*outcome, error) {
	table, name := in.text("TableName"), in.text("Name")
	if table == "" || name == "" {
		return nil, fail(codeDI, msgCodeMissing).at("[CUFD.AliasID]")
	}
	if size := in.integer("Size"); size < 0 || size > maxFieldSize {
		return nil, fail(codeDI, msgFieldSize)
	}
	taken := false
	x.tx.table(set).each(func(r row) bool {
		taken = fieldTable(r.text("TableName")) == fieldTable(table) && r.text("Name") == name
		return !taken
	})
	if taken {
		return nil, fail(codeDuplicate, msgDuplicate)
	}
	field := in.clone()
	field.orDefault(row{"Type": "db_Alpha", "SubType": "st_None", "Size": int64(10), "Mandatory": no})
	field.orDefault(row{"EditSize": field["Size"]})
	field["FieldID"] = x.c.fieldCount(table)
	return &outcome{set: set, row: x.save(set, field), created: true}, nil
}

// fieldCount is the number of user fields of a table, which is the next field number.
func (c *Company) fieldCount(table string) int64 {
	var count int64
	c.tables[setUserFields].each(func(r row) bool {
		if r.text("TableName") == table {
			count++
		}
		return true
	})
	return count
}

// createUserTable answers POST UserTablesMD. The table becomes the entity set U_<Name>, once the Service Layer has been
// restarted (Service Layer manual 3.15 and 7.2).
func (x *exec) createUserTable(set *entitySet, in row) (*outcome, error) {
	name := in.text("TableName")
	if name == "" {
		return nil, fail(codeDI, msgCodeMissing).at("[OUTB.TableName]")
	}
	if x.tx.table(set).get(name) != nil {
		return nil, fail(codeDuplicate, msgDuplicate)
	}
	table := in.clone()
	table.orDefault(row{"TableType": "bott_NoObject", "Archivable": no})
	return &outcome{set: set, row: x.save(set, table), created: true}, nil
}

// createUserRow answers POST U_<Name>. A second row with the same Code violates the primary key: -2035.
func (x *exec) createUserRow(set *entitySet, in row) (*outcome, error) {
	code := in.text("Code")
	if code == "" {
		return nil, fail(codeDI, msgCodeMissing).at("[@" + set.name[len("U_"):] + ".Code]")
	}
	if x.tx.table(set).get(code) != nil {
		return nil, fail(codeDuplicate, msgDuplicate)
	}
	r := in.clone()
	r.orDefault(row{"Name": code})
	return &outcome{set: set, row: x.save(set, r), created: true}, nil
}
