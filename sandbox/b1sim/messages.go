package b1sim

// Codes of the Service Layer. -10 and -5002 are catch-alls: what is wrong stands in the text, as an inner number or a
// place.
const (
	codeBusiness    = -10
	codeDI          = -5002
	codeInvalid     = -1000 // property or body that does not fit the metadata; also a broken $batch body
	codeNoService   = -1002
	codeBadValue    = -1004
	codeCommit      = -1116
	codeNoMatch     = -2028
	codeDuplicate   = -2035
	codeChanged     = -2039
	codeNoSeries    = -4002
	codeRate        = -4006 // number seen in public code, not confirmed
	codePeriod      = -4013
	codeUnsupported = -5006
	codeSwitch      = -5027
	codeLogin       = -304
	codePath        = 200
	codeQuery       = 201
	codeContentID   = 244
	codeSession     = 301
)

var (
	msgSession     = message{"Invalid session or session already timeout.", "Sesión no válida o sesión ya expirada."}
	msgLogin       = message{"Fail to get DB Credentials from SLD.", "Error al obtener las credenciales de BD del SLD."}
	msgSwitch      = message{"Switch company error: -5027", "Error al cambiar de sociedad: -5027"}
	msgPath        = message{"Unrecognized resource path.", "Ruta de recurso no reconocida."}
	msgNoService   = message{"Service Not Found", "Servicio no encontrado"}
	msgUnsupported = message{"The requested action is not supported for this object.", "La acción solicitada no es compatible con este objeto."}
	msgJSON        = message{"Invalid JSON format", "Formato JSON no válido"}

	msgProperty     = message{"Property '%s' of '%s' is invalid", "La propiedad '%s' de '%s' no es válida"}
	msgFilterField  = message{"Property '%s' is invalid", "La propiedad '%s' no es válida"}
	msgTooLong      = message{"Value too long in property '%s' of '%s'", "Valor demasiado largo en la propiedad '%s' de '%s'"}
	msgBadValue     = message{"'%s' is not a valid value for property '%s'", "'%s' no es un valor válido para la propiedad '%s'"}
	msgBadEnum      = message{"'%s' is not a valid value for property '%s'. The valid values are: %s", "'%s' no es un valor válido para la propiedad '%s'. Los valores válidos son: %s"}
	msgFilter       = message{"Query string error - Invalid filter condition", "Error de cadena de consulta: condición de filtro no válida"}
	msgSymbol       = message{"Query string error - Invalid symbol", "Error de cadena de consulta: símbolo no válido"}
	msgFunction     = message{"Query string error - Not supported function", "Error de cadena de consulta: función no compatible"}
	msgOption       = message{"Query string error - Invalid value of %s", "Error de cadena de consulta: valor no válido de %s"}
	msgBadKey       = message{"Invalid key '%s'", "Clave no válida '%s'"}
	msgBatchBody    = message{"Incomplete Batch Request Body!", "Cuerpo de solicitud por lotes incompleto"}
	msgContentID    = message{"Content ID should be specified in each change set request.", "Debe indicarse el Content ID en cada solicitud del change set."}
	msgContentTwice = message{"Content ID should be unique in each change set request.", "El Content ID debe ser único en cada solicitud del change set."}

	msgNoMatch   = message{"No matching records found (ODBC -2028)", "No existen registros coincidentes (ODBC -2028)"}
	msgNoEntity  = message{"Entity with value('%s') does not exist", "La entidad con valor('%s') no existe"}
	msgDuplicate = message{"This entry already exists in the following tables (ODBC -2035)", "Esta entrada ya existe en las tablas siguientes (ODBC -2035)"}
	msgChanged   = message{"Another user or another operation modified data; to continue, open the window again (ODBC -2039)", "Otro usuario u otra operación modificó los datos; para continuar, vuelva a abrir la ventana (ODBC -2039)"}
	msgCommit    = message{"Could not commit transaction: Error -1 detected during transaction", "No se pudo confirmar la transacción: error -1 detectado durante la transacción"}

	msgBPCode       = message{"Invalid BP code", "Código de SN no válido"}
	msgBPInactive   = message{"10001071 - Customer %s is inactive", "10001071 - El cliente %s está inactivo"}
	msgBPDuplicate  = message{"1320000140 - Business partner code '%s' already assigned to a business partner; enter a unique business partner code", "1320000140 - El código de socio de negocios '%s' ya está asignado; introduzca un código único"}
	msgCodeMissing  = message{"Code undefined", "Código no definido"}
	msgItemTaken    = message{"Item code '%s' already exists", "El código de artículo '%s' ya existe"}
	msgDueDate      = message{"Delivery Date is required", "La fecha de entrega es obligatoria"}
	msgDateRange    = message{"Date deviates from permissible range", "La fecha se desvía del intervalo permitido"}
	msgPeriod       = message{"Posting period locked; specify an alternative date", "Período contable bloqueado; indique otra fecha"}
	msgNoLines      = message{"Document must contain at least one row", "El documento debe contener al menos una línea"}
	msgItemMissing  = message{"Item number is missing; specify an item number", "Falta el número de artículo; indique un número de artículo"}
	msgItemNotSales = message{"Item '%s' is not specified as sales item", "El artículo '%s' no está definido como artículo de venta"}
	msgItemFrozen   = message{"Item frozen in warehouse (131)", "Artículo bloqueado en el almacén (131)"}
	msgItemHouse    = message{"10000515 - Item %s not found in Warehouse %s", "10000515 - El artículo %s no existe en el almacén %s"}
	msgStock        = message{"Quantity falls into negative inventory", "La cantidad recae en un inventario negativo"}
	msgQuantity     = message{"Enter a quantity greater than zero", "Introduzca una cantidad mayor que cero"}
	msgPrice        = message{"Enter a price of zero or more", "Introduzca un precio de cero o superior"}
	msgEnterCode    = message{"Enter valid code", "Introduzca un código válido"}
	msgSeries       = message{"To generate this document, first define the numbering series in the Administration module", "Para generar este documento, defina antes la serie de numeración en el módulo Gestión"}
	msgBranch       = message{"Specify an active branch", "Indique una sucursal activa"}
	msgRate         = message{"Update the exchange rate   %s", "Actualice el tipo de cambio   %s"}
	msgDiscount     = message{"(5002) 10001058 Enter a discount percentage of less than 100", "(5002) 10001058 Introduzca un porcentaje de descuento inferior a 100"}
	msgNegativeTax  = message{"(5002) Tax amount cannot be negative", "(5002) El importe del impuesto no puede ser negativo"}
	msgNegativeSum  = message{"Document total must be zero or greater than zero", "El total del documento debe ser cero o mayor que cero"}
	msgVeto         = message{"(1) %s", "(1) %s"}
	msgClosed       = message{"Document is already closed or canceled", "El documento ya está cerrado o cancelado"}
	msgReopen       = message{"Only a closed document that was not canceled can be reopened", "Solo se puede reabrir un documento cerrado que no fue cancelado"}
	msgFieldSize    = message{"Field size deviates from legal range [1..254]", "El tamaño del campo se desvía del intervalo permitido [1..254]"}
)
