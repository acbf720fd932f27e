package sapb1_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"datawald/order"
	"datawald/sapb1"
)

// known is an answer of B1 that is known of real ones: its code, its text as an English and as another user sees it, and what
// it means to a read and to a write.
type known struct {
	status        int
	code          string
	english       string
	other         string
	read, write   order.Kind
	field, detail string
	as            string // the code by which a caller goes, where it is another
}

var knownAnswers = []known{
	{401, "-304", "Fail to get DB Credentials from SLD", "Fehler beim Abrufen der DB-Anmeldedaten", order.Config, order.Config, "", "", ""},
	{401, "100000027", "Login failed", "登录失败", order.Config, order.Config, "", "", ""},
	{400, "-5027", "Switch company error: -5027", "Error al cambiar de sociedad: -5027", order.Config, order.Config, "", "", ""},
	{412, "-2039", "Another user or another operation modified data", "Otro usuario modificó los datos", order.Transient, order.Transient, "", "", ""},
	{400, "-10", "…to continue, open the window again (ODBC -2039)", "…vuelva a abrir la ventana (ODBC -2039)", order.Transient, order.Transient, "", "", "-2039"},
	{404, "-2028", "No matching records found (ODBC -2028)", "No existen registros coincidentes (ODBC -2028)", order.Permanent, order.Unknown, "", "", ""},
	{400, "-10", "No matching records found (ODBC -2028)", "Keine übereinstimmenden Datensätze (ODBC -2028)", order.Permanent, order.Unknown, "", "", "-2028"},
	{400, "-2035", "This entry already exists in the following tables (ODBC -2035)", "Esta entrada ya existe en las tablas siguientes (ODBC -2035)", order.Permanent, order.Unknown, "", "", ""},
	{400, "-10", "This entry already exists in the following tables  '' (ODBC -2035)", "Esta entrada ya existe '' (ODBC -2035)", order.Permanent, order.Unknown, "", "", "-2035"},
	{400, "-10", "1320000140 - Business partner code 'c1' already assigned to a business partner", "1320000140 - El código 'c1' ya está asignado", order.Permanent, order.Permanent, "", "1320000140", ""},
	{400, "-10", "Item code 'i002' already exists", "El código de artículo 'i002' ya existe", order.Permanent, order.Permanent, "", "", ""},
	{400, "-10", "Quantity falls into negative inventory  [RDR1.ItemCode][line: 12]", "La cantidad recae en un inventario negativo  [RDR1.ItemCode][line: 12]", order.Permanent, order.Permanent, "RDR1.ItemCode line 12", "", ""},
	{400, "-4002", "To generate this document, first define the numbering series", "Defina antes la serie de numeración", order.Permanent, order.Permanent, "", "", ""},
	{400, "-4013", "Posting period locked; specify an alternative date", "Período contable bloqueado", order.Permanent, order.Permanent, "", "", ""},
	{400, "-10", "Date deviates from permissible range", "La fecha se desvía del intervalo permitido", order.Permanent, order.Permanent, "", "", ""},
	{400, "-5002", "Specify an active branch  [ORDR.BPLId]", "Indique una sucursal activa  [ORDR.BPLId]", order.Permanent, order.Permanent, "ORDR.BPLId", "", ""},
	{400, "-5002", "10000515 - Item X not found in Warehouse Y", "10000515 - El artículo X no existe en el almacén Y", order.Permanent, order.Permanent, "", "10000515", ""},
	{400, "-5002", "Enter valid code  [..OcrCode][line: 3]", "Introduzca un código válido  [..OcrCode][line: 3]", order.Permanent, order.Permanent, "OcrCode line 3", "", ""},
	{400, "-5002", "Invalid BP code [ORDR.CardCode] , 'P1'", "Código de SN no válido [ORDR.CardCode] , 'P1'", order.Permanent, order.Permanent, "ORDR.CardCode", "", ""},
	{400, "-10", "Item number is missing; specify an item number [DocumentLines.ItemCode][line: 4]", "Falta el número de artículo [DocumentLines.ItemCode][line: 4]", order.Permanent, order.Permanent, "DocumentLines.ItemCode line 4", "", ""},
	{400, "-10", "Item frozen in warehouse (131)", "Artículo bloqueado en el almacén (131)", order.Permanent, order.Permanent, "", "131", ""},
	{400, "-10", "Item frozen (131)  [RDR1.ItemCode][line: 2]", "Bloqueado (131)  [RDR1.ItemCode][line: 2]", order.Permanent, order.Permanent, "RDR1.ItemCode line 2", "131", ""},
	{400, "-4006", "Update the exchange rate   USD", "Actualice el tipo de cambio   USD", order.Permanent, order.Permanent, "", "", ""},
	{400, "-5002", "(1) No orders on Sundays", "(1) Sonntags keine Aufträge", order.Permanent, order.Permanent, "", "1", ""},
	{400, "-1116", "Could not commit transaction: Error -1 detected during transaction", "No se pudo confirmar la transacción", order.Permanent, order.Unknown, "", "", ""},
	{400, "-5002", "(5002) 10001058 Enter a discount percentage of less than 100", "(5002) 10001058 Introduzca un porcentaje", order.Permanent, order.Permanent, "", "10001058", ""},
	{400, "-10", "Sequence was dropped during calling nextval", "-1: Sequence was dropped during calling nextval", order.Transient, order.Transient, "", "", ""},
	{400, "-5006", "The requested action is not supported for this object", "La acción no es compatible", order.Permanent, order.Permanent, "", "", ""},
	{400, "-1000", "Incomplete Batch Request Body!", "Cuerpo de solicitud incompleto", order.Permanent, order.Permanent, "", "", ""},
	{400, "244", "Content ID should be specified in each change set request.", "Debe indicarse el Content ID", order.Permanent, order.Permanent, "", "", ""},
	{400, "701", "Invalid SQL syntax", "Sintaxis no válida", order.Permanent, order.Permanent, "", "", ""},
	{400, "702", "Table not accessible", "Tabla no accesible", order.Permanent, order.Permanent, "", "", ""},
}

// shapes are the ways in which B1 writes an error: version 3 with a numeric code and a language, inside a batch with an inner
// error, version 4 with texts, and newer builds with a list of details.
var shapes = map[string]func(code, text string) string{
	"v1": func(code, text string) string {
		return fmt.Sprintf(`{"error":{"code":%s,"message":{"lang":"en-us","value":%q}}}`, code, text)
	},
	"v1 in a batch": func(code, text string) string {
		return fmt.Sprintf(`{"error":{"code":%s,"innererror":{"context":null,"trace":null},"message":{"lang":"en-us","value":%q}}}`, code, text)
	},
	"v2": func(code, text string) string { return fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, text) },
	"v2 with details": func(code, text string) string {
		return fmt.Sprintf(`{"error":{"code":%q,"details":[{"code":"","message":""}],"message":%q}}`, code, text)
	},
}

func TestAnswers_AreOneKindInEveryShapeAndLanguage(t *testing.T) {
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/Login") {
			w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	for _, c := range knownAnswers {
		for shape, write := range shapes {
			for _, text := range []string{c.english, c.other} {
				status, body = c.status, write(c.code, text)
				if !json.Valid([]byte(body)) {
					t.Fatalf("%s is not JSON", body)
				}
				client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"})
				_, readErr := client.GetOrder(t.Context(), 1)
				_, writeErr := client.CreateOrder(t.Context(), anOrder("1"))
				r, w := failureOf(t, readErr), failureOf(t, writeErr)
				want := c.as
				if want == "" {
					want = c.code
				}
				if r.Kind != c.read || w.Kind != c.write || w.Code != want || r.Code != want {
					t.Errorf("%s %q: a read is %s, a write %s with code %s; want %s, %s, %s", shape, text, r.Kind, w.Kind, w.Code, c.read, c.write, want)
				}
				if w.Field != c.field || w.Detail != c.detail {
					t.Errorf("%s %q: it names %q and the number %q, want %q and %q", shape, text, w.Field, w.Detail, c.field, c.detail)
				}
			}
		}
	}
}

// "Response ended prematurely": a veto inside a batch, or a node that falls over, cuts the answer off (SAP Note 3058760). Half an
// answer to a write says nothing about what was done.
func TestAnswers_ThatEndPrematurelyLeaveAWriteUnknown(t *testing.T) {
	for _, body := range []string{"", `{"DocEntry":5,"DocNum":50}`, `{"error":{"code":"-10","message":"x"}}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/Login") {
				w.Header().Add("Set-Cookie", "B1SESSION=x;HttpOnly;")
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(body)+100))
			_, _ = w.Write([]byte(body)) // the server cuts the connection when it ends short
		}))
		client := newClient(t, sapb1.Settings{URL: server.URL + "/b1s/v2"})
		_, err := client.CreateOrder(t.Context(), anOrder("1"))
		if f := failureOf(t, err); f.Kind != order.Unknown || f.Code != "no_answer" {
			t.Errorf("%q cut off is %+v, want unknown", body, f)
		}
		server.Close()
	}
}
