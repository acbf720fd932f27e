// Package magentosim is a Magento 2 shop that can be run on a desk: its order REST API over HTTP, filled
// with real documents and with orders from a seeded generator, and able to fail on demand in the ways real
// shops fail.
//
// It behaves as Magento behaves, not as a client would like it to. Where the order of rows is undefined in
// Magento it is different on every call here; where Magento answers a mistake with silence, so does this
// shop; error messages keep their placeholders. It shares no code with the connector, so that the two
// cannot share a misunderstanding.
//
// A Shop is an http.Handler. Under /rest (and /index.php/rest) it speaks Magento's API:
//
//	GET  /rest/V1/orders                     search; also /rest/<store code>/V1 and /rest/all/V1
//	GET  /rest/V1/orders/{entity_id}         one order
//	POST /rest/V1/orders                     raw save of columns of an order
//	POST /rest/V1/orders/{entity_id}/comments
//	POST /rest/V1/integration/admin/token
//	GET  /rest/V1/store/websites
//	GET  /magento_version                    outside /rest
//
// Beside it are addresses that no Magento has, without sign-in, for people and tests:
//
//	GET  /state             what the shop holds
//	GET  /control           the fault switches as they stand
//	POST /control           set fault switches; see Faults
//	POST /control/place     place orders now; see Placement
//	POST /control/update    change columns of one order
//	POST /control/remove    delete one order
//	POST /control/revoke    end the life of all admin tokens
package magentosim
