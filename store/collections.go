package store

// Class says what of people stands in a collection.
type Class struct {
	// Personal is true where personal data of buyers may stand. All else must hold none, and tests see to it.
	Personal bool
	// What says in words what stands there of people, and until when.
	What string
}

// Collections are all collections, with what of people stands in each. One that is not here must not be made: what erases a person would not know it.
var Collections = map[string]Class{
	"orders":     {true, "the buyer of each order, until it is erased; hidden from texts that stand beside it"},
	"payloads":   {true, "each version of Magento's document, with all that Magento has of the buyer, until it is erased"},
	"requests":   {true, "answers of the gateway, which may show orders, for a day"},
	"references": {false, "B1's references with the keys of orders"},
	"partners":   {false, "hashes of e-mail addresses, tax numbers and names, numbers of accounts; forgotten with the person"},
	"cuts":       {false, "places and times"},
	"runs":       {false, "counts, keys and codes"},
	"lanes":      {false, "how B1 does"},
	"rules":      {false, "the rules and who activated them"},
	"users":      {false, "users of the gateway, who are no buyers"},
	"keys":       {false, "names of API keys"},
	"sessions":   {false, "who of the users has signed in"},
	"audit":      {false, "who of the users did what; his words without what names the buyers of the orders they are about"},
	"findings":   {false, "keys, codes and totals of what a reconciliation found"},
	"alarms":     {false, "names and times of alarms"},
	"schema":     {false, "how far the store is migrated"},
}
