package magentosim

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
)

// apiError is a refusal in Magento's shape. Placeholders of the message stay as they are: putting the parameters
// in is the client's work. parameters is a list or an object, whichever the exception had.
// Magento REST: Webapi/Rest/Response.php _renderMessages, Webapi/ErrorProcessor.php.
type apiError struct {
	status     int
	message    string
	parameters any        // []any, map[string]any or nil
	errors     []apiError // of aggregate exceptions only
}

// body renders the error without fields that have nothing in them.
func (e apiError) body() []byte {
	o := &object{}
	o.raw("message", encode(e.message))
	if len(e.errors) > 0 {
		var list [][]byte
		for _, one := range e.errors {
			list = append(list, one.body())
		}
		o.list("errors", list)
	}
	if e.parameters != nil {
		o.raw("parameters", encode(e.parameters))
	}
	return o.bytes()
}

// The permissions the routes ask for. Magento REST: module-sales/etc/webapi.xml.
const (
	aclView    = "Magento_Sales::actions_view"
	aclComment = "Magento_Sales::comment"
	aclCreate  = "Magento_Sales::create"
	aclStores  = "Magento_Backend::store"
)

// unauthorized is the answer to a wrong token, an expired one, a missing permission and a disabled bearer alike.
// Magento REST: issues 36811 and 39289.
func unauthorized(resource string) *apiError {
	return &apiError{
		status:     http.StatusUnauthorized,
		message:    "The consumer isn't authorized to access %resources.",
		parameters: map[string]any{"resources": resource},
	}
}

func notFound() *apiError {
	return &apiError{
		status:  http.StatusNotFound,
		message: "The entity that was requested doesn't exist. Verify the entity and try again.",
	}
}

func noRoute() *apiError {
	return &apiError{status: http.StatusNotFound, message: "Request does not match any route."}
}

func requiredField(name string) *apiError {
	return &apiError{
		status:     http.StatusBadRequest,
		message:    `"%fieldName" is required. Enter and try again.`,
		parameters: map[string]any{"fieldName": name},
	}
}

func invalidType(value string) *apiError {
	return &apiError{
		status:     http.StatusBadRequest,
		message:    `The "%value" value's type is invalid. The "%type" type was expected. Verify and try again.`,
		parameters: map[string]any{"value": value, "type": "int"},
	}
}

// internalError is what a shop in production mode says about everything it did not expect, such as a column that
// does not exist (issue 12790).
func internalError() *apiError {
	var id [7]byte
	_, _ = rand.Read(id[:]) // never fails
	return &apiError{
		status:  http.StatusInternalServerError,
		message: "Internal Error. Details are available in Magento log file. Report ID: webapi-" + hex.EncodeToString(id[:])[:13],
	}
}
