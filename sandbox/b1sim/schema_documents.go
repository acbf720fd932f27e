package b1sim

// documentTypes names every property of the marketing document types, with its type, in the short form that
// parseTypes reads. Names and types are those of the OData 4 metadata of a real company; "!" marks what the SDK's
// metadata calls not writable (ignored on input); a number after "s" is the longest text in UTF-16 units, given where
// the length is published (schema BusinessOne 9.3) or, for state and country, where an over-long text was seen refused.
const documentTypes = `
type Document ORDR
DocEntry:i! DocNum:i DocType:e=BoDocumentTypes HandWritten:y Printed:e=PrintStatusEnum DocDate:d DocDueDate:d
CardCode:s15 CardName:s100 Address:s NumAtCard:s100 DocTotal:n AttachmentEntry:i DocCurrency:s DocRate:n Reference1:s
Reference2:s Comments:s254 JournalMemo:s PaymentGroupCode:i DocTime:t SalesPersonCode:i TransportationCode:i
Confirmed:y ImportFileNum:i SummeryType:e=BoDocSummaryTypes ContactPersonCode:i ShowSCN:y Series:i TaxDate:d
PartialSupply:y DocObjectCode:e=BoObjectTypes ShipToCode:s Indicator:s FederalTaxID:s DiscountPercent:n
PaymentReference:s CreationDate:d! UpdateDate:d! FinancialPeriod:i! UserSign:i TransNum:i! VatSum:n! VatSumSys:n!
VatSumFc:n! NetProcedure:y! DocTotalFc:n DocTotalSys:n! Form1099:i Box1099:s RevisionPo:y RequriedDate:d CancelDate:d
BlockDunning:y Submitted:y! Segment:i! PickStatus:y! Pick:y PaymentMethod:s PaymentBlock:y PaymentBlockEntry:i
CentralBankIndicator:s MaximumCashDiscount:y Reserve:y! Project:s ExemptionValidityDateFrom:d
ExemptionValidityDateTo:d WareHouseUpdateType:e=BoDocWhsUpdateTypes Rounding:y ExternalCorrectedDocNum:s
InternalCorrectedDocNum:i NextCorrectingDocument:i! DeferredTax:y TaxExemptionLetterNum:s WTApplied:n! WTAppliedFC:n!
BillOfExchangeReserved:y! AgentCode:s WTAppliedSC:n! TotalEqualizationTax:n! TotalEqualizationTaxFC:n!
TotalEqualizationTaxSC:n! NumberOfInstallments:i ApplyTaxOnFirstInstallment:y
TaxOnInstallments:e=BoTaxOnInstallmentsTypeEnum WTNonSubjectAmount:n! WTNonSubjectAmountSC:n! WTNonSubjectAmountFC:n!
WTExemptedAmount:n! WTExemptedAmountSC:n! WTExemptedAmountFC:n! BaseAmount:n! BaseAmountSC:n! BaseAmountFC:n!
WTAmount:n! WTAmountSC:n! WTAmountFC:n! VatDate:d DocumentsOwner:i FolioPrefixString:s FolioNumber:i
DocumentSubType:e=BoDocumentSubType BPChannelCode:s BPChannelContact:i Address2:s DocumentStatus:e=BoStatus!
PeriodIndicator:s! PayToCode:s ManualNumber:s UseShpdGoodsAct:y IsPayToBank:y PayToBankCountry:s PayToBankCode:s
PayToBankAccountNo:s PayToBankBranch:s BPL_IDAssignedToInvoice:i DownPayment:n ReserveInvoice:y LanguageCode:i
TrackingNumber:s PickRemark:s ClosingDate:d SequenceCode:i SequenceSerial:i SeriesString:s SubSeriesString:s
SequenceModel:s UseCorrectionVATGroup:y TotalDiscount:n! DownPaymentAmount:n DownPaymentPercentage:n
DownPaymentType:e=DownPaymentTypeEnum DownPaymentAmountSC:n DownPaymentAmountFC:n VatPercent:n
ServiceGrossProfitPercent:n OpeningRemarks:s ClosingRemarks:s RoundingDiffAmount:n RoundingDiffAmountFC:n!
RoundingDiffAmountSC:n! Cancelled:y! SignatureInputMessage:s! SignatureDigest:s! CertificationNumber:s!
PrivateKeyVersion:i! ControlAccount:s InsuranceOperation347:y ArchiveNonremovableSalesQuotation:y GTSChecker:i
GTSPayee:i ExtraMonth:i ExtraDays:i CashDiscountDateOffset:i StartFrom:e=BoPayTermDueTypes NTSApproved:y ETaxWebSite:i
ETaxNumber:s NTSApprovedNumber:s EDocGenerationType:e=EDocGenerationTypeEnum EDocSeries:i EDocNum:s EDocExportFormat:i
EDocStatus:e=EDocStatusEnum EDocErrorCode:s EDocErrorMessage:s DownPaymentStatus:e=BoSoStatus GroupSeries:i
GroupNumber:i GroupHandWritten:y ReopenOriginalDocument:y ReopenManuallyClosedOrCanceledDocument:y
CreateOnlineQuotation:y POSEquipmentNumber:s POSManufacturerSerialNumber:s POSCashierNumber:i
ApplyCurrentVATRatesForDownPaymentsToDraw:y ClosingOption:e=ClosingOptionEnum SpecifiedClosingDate:d
OpenForLandedCosts:y AuthorizationStatus:e=DocumentAuthorizationStatusEnum! TotalDiscountFC:n! TotalDiscountSC:n!
RelevantToGTS:y BPLName:s! VATRegNum:s! AnnualInvoiceDeclarationReference:i Supplier:s Releaser:i Receiver:i
BlanketAgreementNumber:i IsAlteration:y CancelStatus:e=CancelStatusEnum! AssetValueDate:d Requester:s RequesterName:s
RequesterBranch:i RequesterDepartment:i RequesterEmail:s SendNotification:y ReqType:i ReqCode:s InvoicePayment:y
DocumentDelivery:e=DocumentDeliveryTypeEnum AuthorizationCode:s StartDeliveryDate:d StartDeliveryTime:t
EndDeliveryDate:d EndDeliveryTime:t VehiclePlate:s ATDocumentType:s ElecCommStatus:e=ElecCommStatusEnum
ElecCommMessage:s! ReuseDocumentNum:y ReuseNotaFiscalNum:y PrintSEPADirect:y FiscalDocNum:s POSDailySummaryNo:i
POSReceiptNo:i PointOfIssueCode:s Letter:e=FolioLetterEnum FolioNumberFrom:i FolioNumberTo:i
InterimType:e=BoInterimDocTypes RelatedType:i RelatedEntry:i SAPPassport:s DocumentTaxID:s
DateOfReportingControlStatementVAT:d ReportingSectionControlStatementVAT:s ExcludeFromTaxReportControlStatementVAT:y
POS_CashRegister:i UpdateTime:t! CreateQRCodeFrom:s PriceMode:e=PriceModeDocumentEnum DownPaymentTrasactionID:s
OriginalRefNo:s OriginalRefDate:d Revision:y GSTTransactionType:e=GSTTransactionTypeEnum OriginalCreditOrDebitNo:s
OriginalCreditOrDebitDate:d ECommerceOperator:s ECommerceGSTIN:s TaxInvoiceNo:s TaxInvoiceDate:d ShipFrom:s!
CommissionTrade:e=CommissionTradeTypeEnum CommissionTradeReturn:y UseBillToAddrToDetermineTax:y IssuingReason:i Cig:i
Cup:i EDocType:e=EDocTypeEnum FCEAsPaymentMeans:y PaidToDate:n PaidToDateFC:n PaidToDateSys:n FatherCard:s
FatherType:e=BoFatherCardTypes ShipState:s ShipPlace:s CustOffice:s FCI:s AddLegIn:s LegTextF:i DANFELgTxt:s
DataVersion:i! LastPageFolioNumber:i InventoryStatus:e=BoStatus PlasticPackagingTaxRelevant:y
NotRelevantForMonthlyInvoice:y Document_ApprovalRequests:[]Document_ApprovalRequest DocumentLines:[]DocumentLine
EWayBillDetails:c=EWayBillDetails ElectronicProtocols:[]ElectronicProtocol
DocumentAdditionalExpenses:[]DocumentAdditionalExpense DocumentDistributedExpenses:[]DocumentDistributedExpense
WithholdingTaxDataWTXCollection:[]WithholdingTaxDataWTX WithholdingTaxDataCollection:[]WithholdingTaxData
DocumentPackages:[]DocumentPackage DocumentSpecialLines:[]DocumentSpecialLine
DocumentInstallments:[]DocumentInstallment DownPaymentsToDraw:[]DownPaymentToDraw TaxExtension:c=TaxExtension
AddressExtension:c=AddressExtension DocumentReferences:[]DocumentReference BaseType:i BaseEntry:i IndFinal:y
AllocationNumberIL:s SOIWizardId:i

type DocumentLine RDR1
LineNum:i ItemCode:s50 ItemDescription:s Quantity:n ShipDate:d Price:n PriceAfterVAT:n Currency:s Rate:n
DiscountPercent:n VendorNum:s SerialNum:s WarehouseCode:s SalesPersonCode:i CommisionPercent:n
TreeType:e=BoItemTreeTypes AccountCode:s UseBaseUnits:y SupplierCatNum:s CostingCode:s ProjectCode:s BarCode:s
VatGroup:s Height1:n Hight1Unit:i Height2:n Height2Unit:i Lengh1:n Lengh1Unit:i Lengh2:n Lengh2Unit:i Weight1:n
Weight1Unit:i Weight2:n Weight2Unit:i Factor1:n Factor2:n Factor3:n Factor4:n BaseType:i BaseEntry:i BaseLine:i
Volume:n VolumeUnit:i Width1:n Width1Unit:i Width2:n Width2Unit:i Address:s TaxCode:s TaxType:e=BoTaxTypes TaxLiable:y
PickStatus:y PickQuantity:n! PickListIdNumber:i! OriginalItem:s! BackOrder:y FreeText:s ShippingMethod:i
POTargetNum:i! POTargetEntry:s! POTargetRowNum:i! CorrectionInvoiceItem:e=BoCorInvItemStatus CorrInvAmountToStock:n
CorrInvAmountToDiffAcct:n AppliedTax:n! AppliedTaxFC:n! AppliedTaxSC:n! WTLiable:y DeferredTax:y
EqualizationTaxPercent:n! TotalEqualizationTax:n! TotalEqualizationTaxFC:n! TotalEqualizationTaxSC:n! NetTaxAmount:n!
NetTaxAmountFC:n! NetTaxAmountSC:n! MeasureUnit:s UnitsOfMeasurment:n LineTotal:n TaxPercentagePerRow:n TaxTotal:n
ConsumerSalesForecast:y ExciseAmount:n TaxPerUnit:n! TotalInclTax:n! CountryOrg:s SWW:s
TransactionType:e=BoTransactionTypeEnum DistributeExpense:y RowTotalFC:n RowTotalSC:n! LastBuyInmPrice:n!
LastBuyDistributeSumFc:n! LastBuyDistributeSumSc:n! LastBuyDistributeSum:n! StockDistributesumForeign:n!
StockDistributesumSystem:n! StockDistributesum:n! StockInmPrice:n! PickStatusEx:e=BoDocumentLinePickStatus!
TaxBeforeDPM:n! TaxBeforeDPMFC:n! TaxBeforeDPMSC:n! CFOPCode:s CSTCode:s Usage:i TaxOnly:y VisualOrder:i
BaseOpenQuantity:n! UnitPrice:n LineStatus:e=BoStatus PackageQuantity:n Text:s! LineType:e=BoDocLineType
COGSCostingCode:s COGSAccountCode:s ChangeAssemlyBoMWarehouse:s GrossBuyPrice:n GrossBase:i
GrossProfitTotalBasePrice:n CostingCode2:s CostingCode3:s CostingCode4:s CostingCode5:s ItemDetails:s LocationCode:i
ActualDeliveryDate:d RemainingOpenQuantity:n! OpenAmount:n! OpenAmountFC:n! OpenAmountSC:n! ExLineNo:s RequiredDate:d
RequiredQuantity:n COGSCostingCode2:s COGSCostingCode3:s COGSCostingCode4:s COGSCostingCode5:s CSTforIPI:s CSTforPIS:s
CSTforCOFINS:s CreditOriginCode:s WithoutInventoryMovement:y AgreementNo:i AgreementRowNumber:i ActualBaseEntry:i
ActualBaseLine:i DocEntry:i! Surpluses:n DefectAndBreakup:n Shortages:n ConsiderQuantity:y PartialRetirement:y
RetirementQuantity:n RetirementAPC:n ThirdParty:y PoNum:s PoItmNum:i ExpenseType:s ReceiptNumber:s
ExpenseOperationType:e=BoExpenseOperationTypeEnum FederalTaxID:s GrossProfit:n GrossProfitFC:n GrossProfitSC:n
PriceSource:e=DocumentPriceSourceEnum! EnableReturnCost:y ReturnCost:n LineVendor:s ReturnAction:i ReturnReason:i
StgSeqNum:i! StgEntry:i! StgDesc:s! UoMEntry:i UoMCode:s! InventoryQuantity:n RemainingOpenInventoryQuantity:n!
ParentLineNum:i Incoterms:i TransportMode:i NatureOfTransaction:i DestinationCountryForImport:s
DestinationRegionForImport:i OriginCountryForExport:s OriginRegionForExport:i ItemType:e=BoDocItemType!
ChangeInventoryQuantityIndependently:y FreeOfChargeBP:y SACEntry:i HSNEntry:i GrossPrice:n GrossTotal:n GrossTotalFC:n
GrossTotalSC:n! NCMCode:i NVECode:s IndEscala:y CtrSealQty:n CNJPMan:s CESTCode:i UFFiscalBenefitCode:s
ReverseCharge:y ShipToCode:s ShipToDescription:s ShipFromCode:s ShipFromDescription:s OwnerCode:i
ExternalCalcTaxRate:n ExternalCalcTaxAmount:n ExternalCalcTaxAmountFC:n ExternalCalcTaxAmountSC:n
StandardItemIdentification:i CommodityClassification:i WeightOfRecycledPlastic:n PlasticPackageExemptionReason:s
LegalText:s Cig:i Cup:i UnencumberedReason:i CUSplit:y ListNum:i RecognizedTaxCode:s
LineTaxJurisdictions:[]LineTaxJurisdiction GeneratedAssets:[]GeneratedAsset EBooksDetails:[]EBooksDetail
DocumentLineAdditionalExpenses:[]DocumentLineAdditionalExpense WithholdingTaxLines:[]WithholdingTaxLine
SerialNumbers:[]SerialNumber BatchNumbers:[]BatchNumber DocumentLinesBinAllocations:[]DocumentLinesBinAllocation
ExportProcesses:[]ExportProcess CCDNumbers:[]CCDNumber ImportProcesses:[]ImportProcess

type AddressExtension -
ShipToStreet:s100 ShipToStreetNo:s ShipToBlock:s ShipToBuilding:s ShipToCity:s ShipToZipCode:s20 ShipToCounty:s
ShipToState:s3 ShipToCountry:s3 ShipToAddressType:s BillToStreet:s100 BillToStreetNo:s BillToBlock:s BillToBuilding:s
BillToCity:s BillToZipCode:s20 BillToCounty:s BillToState:s3 BillToCountry:s3 BillToAddressType:s
ShipToGlobalLocationNumber:s BillToGlobalLocationNumber:s ShipToAddress2:s ShipToAddress3:s BillToAddress2:s
BillToAddress3:s PlaceOfSupply:s PurchasePlaceOfSupply:s DocEntry:i! GoodsIssuePlaceBP:s GoodsIssuePlaceCNPJ:s
GoodsIssuePlaceCPF:s GoodsIssuePlaceStreet:s GoodsIssuePlaceStreetNo:s GoodsIssuePlaceBuilding:s GoodsIssuePlaceZip:s
GoodsIssuePlaceBlock:s GoodsIssuePlaceCity:s GoodsIssuePlaceCounty:s GoodsIssuePlaceState:s GoodsIssuePlaceCountry:s
GoodsIssuePlacePhone:s GoodsIssuePlaceEMail:s GoodsIssuePlaceDepartureDate:d DeliveryPlaceBP:s DeliveryPlaceCNPJ:s
DeliveryPlaceCPF:s DeliveryPlaceStreet:s DeliveryPlaceStreetNo:s DeliveryPlaceBuilding:s DeliveryPlaceZip:s
DeliveryPlaceBlock:s DeliveryPlaceCity:s DeliveryPlaceCounty:s DeliveryPlaceState:s DeliveryPlaceCountry:s
DeliveryPlacePhone:s DeliveryPlaceEMail:s DeliveryPlaceDepartureDate:d

type TaxExtension -
TaxId0:s TaxId1:s TaxId2:s TaxId3:s TaxId4:s TaxId5:s TaxId6:s TaxId7:s TaxId8:s TaxId9:s State:s County:s Incoterms:s
Vehicle:s VehicleState:s NFRef:s Carrier:s PackQuantity:i PackDescription:s Brand:s ShipUnitNo:i NetWeight:n
GrossWeight:n StreetS:s BlockS:s BuildingS:s CityS:s ZipCodeS:s CountyS:s StateS:s CountryS:s StreetB:s BlockB:s
BuildingB:s CityB:s ZipCodeB:s CountyB:s StateB:s CountryB:s ImportOrExport:y MainUsage:i GlobalLocationNumberS:s
GlobalLocationNumberB:s TaxId12:s TaxId13:s BillOfEntryNo:s BillOfEntryDate:d OriginalBillOfEntryNo:s
OriginalBillOfEntryDate:d ImportOrExportType:e=ImportOrExportTypeEnum PortCode:s DocEntry:i! BoEValue:n ClaimRefund:y
DifferentialOfTaxRate:i IsIGSTAccount:y TaxId14:s

type DocumentAdditionalExpense -
ExpenseCode:i LineTotal:n LineTotalFC:n! LineTotalSys:n! PaidToDate:n! PaidToDateFC:n! PaidToDateSys:n! Remarks:s
DistributionMethod:e=BoAdEpnsDistribMethods TaxLiable:y VatGroup:s TaxPercent:n TaxSum:n TaxSumFC:n! TaxSumSys:n!
DeductibleTaxSum:n DeductibleTaxSumFC:n! DeductibleTaxSumSys:n! AquisitionTax:y! TaxCode:s TaxType:e=BoAdEpnsTaxTypes
TaxPaid:n! TaxPaidFC:n! TaxPaidSys:n! EqualizationTaxPercent:n EqualizationTaxSum:n EqualizationTaxFC:n!
EqualizationTaxSys:n! TaxTotalSum:n! TaxTotalSumFC:n! TaxTotalSumSys:n! BaseDocEntry:i BaseDocLine:i BaseDocType:i
BaseDocumentReference:i! LineNum:i! LastPurchasePrice:y Status:e=BoStatus! Stock:y TargetAbsEntry:i! TargetType:i!
WTLiable:y DistributionRule:s Project:s DistributionRule2:s DistributionRule3:s DistributionRule4:s
DistributionRule5:s LineGross:n LineGrossSys:n! LineGrossFC:n! ExternalCalcTaxRate:n ExternalCalcTaxAmount:n
ExternalCalcTaxAmountFC:n ExternalCalcTaxAmountSC:n CUSplit:y DocExpenseTaxJurisdictions:[]DocExpenseTaxJurisdiction
DocFreightEBooksDetails:[]DocFreightEBooksDetail

type DocumentInstallment -
DueDate:d Percentage:n Total:n LastDunningDate:d! DunningLevel:i TotalFC:n InstallmentId:i! PaymentOrdered:y!
`
