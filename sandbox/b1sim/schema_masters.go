package b1sim

// masterTypes does for master data, code lists and user-defined metadata what documentTypes does for documents.
// The types after PaymentTermsType carry the few properties that a caller reads.
const masterTypes = `
type BusinessPartner OCRD
CardCode:s15 CardName:s100 CardType:e=BoCardTypes GroupCode:i Address:s ZipCode:s MailAddress:s MailZipCode:s
Phone1:s20 Phone2:s Fax:s ContactPerson:s Notes:s PayTermsGrpCode:i CreditLimit:n MaxCommitment:n DiscountPercent:n
VatLiable:e=BoVatStatus FederalTaxID:s DeductibleAtSource:y DeductionPercent:n DeductionValidUntil:d PriceListNum:i
IntrestRatePercent:n CommissionPercent:n CommissionGroupCode:i FreeText:s SalesPersonCode:i Currency:s
RateDiffAccount:s Cellular:s AvarageLate:i City:s County:s Country:s MailCity:s MailCounty:s MailCountry:s
EmailAddress:s100 Picture:s DefaultAccount:s DefaultBranch:s DefaultBankCode:s AdditionalID:s Pager:s FatherCard:s
CardForeignName:s FatherType:e=BoFatherCardTypes DeductionOffice:s ExportCode:s MinIntrest:n CurrentAccountBalance:n!
OpenDeliveryNotesBalance:n! OpenOrdersBalance:n! OpenChecksBalance:n VatGroup:s ShippingType:i Password:s Indicator:s
IBAN:s CreditCardCode:i CreditCardNum:s CreditCardExpiration:d DebitorAccount:s OpenOpportunities:i! Valid:y
ValidFrom:d ValidTo:d ValidRemarks:s Frozen:y FrozenFrom:d FrozenTo:d FrozenRemarks:s Block:s BillToState:s
ShipToState:s ExemptNum:s Priority:i FormCode1099:i Box1099:s PeymentMethodCode:s BackOrder:y PartialDelivery:y
BlockDunning:y BankCountry:s HouseBank:s HouseBankCountry:s HouseBankAccount:s ShipToDefault:s DunningLevel:i!
DunningDate:d! CollectionAuthorization:y DME:s InstructionKey:s SinglePayment:y ISRBillerID:s PaymentBlock:y
ReferenceDetails:s HouseBankBranch:s OwnerIDNumber:s PaymentBlockDescription:i TaxExemptionLetterNum:s
MaxAmountOfExemption:n ExemptionValidityDateFrom:d ExemptionValidityDateTo:d LinkedBusinessPartner:s
LastMultiReconciliationNum:i DeferredTax:y Equalization:y SubjectToWithholdingTax:e=BoYesNoNoneEnum
CertificateNumber:s ExpirationDate:d NationalInsuranceNum:s AccrualCriteria:y WTCode:s BillToBuildingFloorRoom:s
DownPaymentClearAct:s ChannelBP:s DefaultTechnician:i BilltoDefault:s CustomerBillofExchangDisc:s Territory:i
ShipToBuildingFloorRoom:s CustomerBillofExchangPres:s ProjectCode:s VatGroupLatinAmerica:s DunningTerm:s Website:s
OtherReceivablePayable:s BillofExchangeonCollection:s CompanyPrivate:e=BoCardCompanyTypes LanguageCode:i
UnpaidBillofExchange:s WithholdingTaxDeductionGroup:i ClosingDateProcedureNumber:i Profession:s
BankChargesAllocationCode:s TaxRoundingRule:e=BoTaxRoundingRuleTypes Properties1:y Properties2:y Properties3:y
Properties4:y Properties5:y Properties6:y Properties7:y Properties8:y Properties9:y Properties10:y Properties11:y
Properties12:y Properties13:y Properties14:y Properties15:y Properties16:y Properties17:y Properties18:y
Properties19:y Properties20:y Properties21:y Properties22:y Properties23:y Properties24:y Properties25:y
Properties26:y Properties27:y Properties28:y Properties29:y Properties30:y Properties31:y Properties32:y
Properties33:y Properties34:y Properties35:y Properties36:y Properties37:y Properties38:y Properties39:y
Properties40:y Properties41:y Properties42:y Properties43:y Properties44:y Properties45:y Properties46:y
Properties47:y Properties48:y Properties49:y Properties50:y Properties51:y Properties52:y Properties53:y
Properties54:y Properties55:y Properties56:y Properties57:y Properties58:y Properties59:y Properties60:y
Properties61:y Properties62:y Properties63:y Properties64:y CompanyRegistrationNumber:s VerificationNumber:s
DiscountBaseObject:e=DiscountGroupBaseObjectEnum DiscountRelations:e=DiscountGroupRelationsEnum
TypeReport:e=AssesseeTypeEnum ThresholdOverlook:y SurchargeOverlook:y Remark1:i ConCerti:s DownPaymentInterimAccount:s
OperationCode347:e=OperationCode347Enum InsuranceOperation347:y HierarchicalDeduction:y ShaamGroup:e=ShaamGroupEnum
WithholdingTaxCertified:y BookkeepingCertified:y PlanningGroup:s Affiliate:y Industry:i VatIDNum:s DatevAccount:s
DatevFirstDataEntry:y UseShippedGoodsAccount:y GTSRegNo:s GTSBankAccountNo:s GTSBillingAddrTel:s ETaxWebSite:i
HouseBankIBAN:s! VATRegistrationNumber:s RepresentativeName:s IndustryType:s BusinessType:s Series:i
AutomaticPosting:e=AutomaticPostingEnum InterestAccount:s FeeAccount:s CampaignNumber:i AliasName:s
DefaultBlanketAgreementNumber:i EffectiveDiscount:e=DiscountGroupRelationsEnum NoDiscounts:y
EffectivePrice:e=EffectivePriceEnum EffectivePriceConsidersPriceBeforeDiscount:y GlobalLocationNumber:s EDISenderID:s
EDIRecipientID:s ResidenNumber:e=ResidenceNumberTypeEnum RelationshipCode:s RelationshipDateFrom:d
RelationshipDateTill:d UnifiedFederalTaxID:s AttachmentEntry:i TypeOfOperation:e=TypeOfOperationEnum
EndorsableChecksFromBP:y AcceptsEndorsedChecks:y OwnerCode:i BlockSendingMarketingContent:y AgentCode:s
PriceMode:e=PriceModeEnum EDocGenerationType:e=EDocGenerationTypeEnum EDocStreet:s EDocStreetNumber:s
EDocBuildingNumber:i EDocZipCode:s EDocCity:s EDocCountry:s EDocDistrict:s EDocRepresentativeFirstName:s
EDocRepresentativeSurname:s EDocRepresentativeCompany:s EDocRepresentativeFiscalCode:s
EDocRepresentativeAdditionalId:s EDocPECAddress:s IPACodeForPA:s UpdateDate:d! UpdateTime:t!
ExemptionMaxAmountValidationType:e=ExemptionMaxAmountValidationTypeEnum ECommerceMerchantID:s
UseBillToAddrToDetermineTax:y CreateDate:d! CreateTime:t! DefaultTransporterEntry:i DefaultTransporterLineNumber:i
FCERelevant:y FCEValidateBaseDelivery:y MainUsage:i EBooksVATExemptionCause:i LegalText:s DataVersion:i!
ExchangeRateForIncomingPayment:y ExchangeRateForOutgoingPayment:y CertificateDetails:s DefaultCurrency:s EORINumber:s
FCEAsPaymentMeans:y NotRelevantForMonthlyInvoice:y ElectronicProtocols:[]ElectronicProtocol BPAddresses:[]BPAddress
ContactEmployees:[]ContactEmployee BPAccountReceivablePaybleCollection:[]BPAccountReceivablePayble
BPPaymentMethods:[]BPPaymentMethod BPWithholdingTaxCollection:[]BPWithholdingTax BPPaymentDates:[]BPPaymentDate
BPBranchAssignment:[]BPBranchAssignmentItem BPBankAccounts:[]BPBankAccount BPFiscalTaxIDCollection:[]BPFiscalTaxID
DiscountGroups:[]DiscountGroup BPIntrastatExtension:c=BPIntrastatExtension
BPBlockSendingMarketingContents:[]BPBlockSendingMarketingContent BPCurrenciesCollection:[]BPCurrencies

type BPAddress CRD1
AddressName:s Street:s100 Block:s ZipCode:s20 City:s County:s Country:s3 State:s3 FederalTaxID:s TaxCode:s
BuildingFloorRoom:s AddressType:e=BoAddressType AddressName2:s AddressName3:s TypeOfAddress:s StreetNo:s BPCode:s
RowNum:i GlobalLocationNumber:s Nationality:s TaxOffice:s GSTIN:s GstType:e=BoGSTRegnTypeEnum CreateDate:d!
CreateTime:t! MYFType:e=BoMYFTypeEnum TaasEnabled:y

type ContactEmployee OCPR
CardCode:s Name:s90 Position:s Address:s Phone1:s20 Phone2:s MobilePhone:s Fax:s E_Mail:s Pager:s Remarks1:s
Remarks2:s Password:s InternalCode:i PlaceOfBirth:s DateOfBirth:d Gender:e=BoGenderTypes Profession:s Title:s
CityOfBirth:s Active:y FirstName:s MiddleName:s LastName:s EmailGroupCode:s BlockSendingMarketingContent:y
CreateDate:d! CreateTime:t! UpdateDate:d! UpdateTime:t! ConnectedAddressName:s ConnectedAddressType:e=BoAddressType
ForeignCountry:s ContactEmployeeBlockSendingMarketingContents:[]ContactEmployeeBlockSendingMarketingContent

type Item OITM
ItemCode:s50 ItemName:s ForeignName:s ItemsGroupCode:i CustomsGroupCode:i SalesVATGroup:s BarCode:s VatLiable:y
PurchaseItem:y SalesItem:y InventoryItem:y IncomeAccount:s ExemptIncomeAccount:s ExpanseAccount:s Mainsupplier:s
SupplierCatalogNo:s DesiredInventory:n MinInventory:n Picture:s User_Text:s SerialNum:s CommissionPercent:n
CommissionSum:n CommissionGroup:i TreeType:e=BoItemTreeTypes AssetItem:y DataExportCode:s Manufacturer:i
QuantityOnStock:n! QuantityOrderedFromVendors:n! QuantityOrderedByCustomers:n! ManageSerialNumbers:y
ManageBatchNumbers:y Valid:y ValidFrom:d ValidTo:d ValidRemarks:s Frozen:y FrozenFrom:d FrozenTo:d FrozenRemarks:s
SalesUnit:s SalesItemsPerUnit:n SalesPackagingUnit:s SalesQtyPerPackUnit:n SalesUnitLength:n SalesLengthUnit:i
SalesUnitWidth:n SalesWidthUnit:i SalesUnitHeight:n SalesHeightUnit:i SalesUnitVolume:n SalesVolumeUnit:i
SalesUnitWeight:n SalesWeightUnit:i PurchaseUnit:s PurchaseItemsPerUnit:n PurchasePackagingUnit:s
PurchaseQtyPerPackUnit:n PurchaseUnitLength:n PurchaseLengthUnit:i PurchaseUnitWidth:n PurchaseWidthUnit:i
PurchaseUnitHeight:n PurchaseHeightUnit:i PurchaseUnitVolume:n PurchaseVolumeUnit:i PurchaseUnitWeight:n
PurchaseWeightUnit:i PurchaseVATGroup:s SalesFactor1:n SalesFactor2:n SalesFactor3:n SalesFactor4:n PurchaseFactor1:n
PurchaseFactor2:n PurchaseFactor3:n PurchaseFactor4:n MovingAveragePrice:n! ForeignRevenuesAccount:s
ECRevenuesAccount:s ForeignExpensesAccount:s ECExpensesAccount:s AvgStdPrice:n DefaultWarehouse:s ShipType:i
GLMethod:e=BoGLMethods TaxType:e=BoTaxTypes MaxInventory:n ManageStockByWarehouse:y PurchaseHeightUnit1:i
PurchaseUnitHeight1:n PurchaseLengthUnit1:i PurchaseUnitLength1:n PurchaseWeightUnit1:i PurchaseUnitWeight1:n
PurchaseWidthUnit1:i PurchaseUnitWidth1:n SalesHeightUnit1:i SalesUnitHeight1:n SalesLengthUnit1:i SalesUnitLength1:n
SalesWeightUnit1:i SalesUnitWeight1:n SalesWidthUnit1:i SalesUnitWidth1:n ForceSelectionOfSerialNumber:y
ManageSerialNumbersOnReleaseOnly:y WTLiable:y CostAccountingMethod:e=BoInventorySystem SWW:s WarrantyTemplate:s
IndirectTax:y ArTaxCode:s ApTaxCode:s BaseUnitName:s ItemCountryOrg:s IssueMethod:e=BoIssueMethod
SRIAndBatchManageMethod:e=BoManageMethod IsPhantom:y InventoryUOM:s PlanningSystem:e=BoPlanningSystem
ProcurementMethod:e=BoProcurementMethod ComponentWarehouse:e=BoMRPComponentWarehouse OrderIntervals:i OrderMultiple:n
LeadTime:i MinOrderQuantity:n ItemType:e=ItemTypeEnum ItemClass:e=ItemClassEnum OutgoingServiceCode:i
IncomingServiceCode:i ServiceGroup:i NCMCode:i MaterialType:e=BoMaterialTypes MaterialGroup:i ProductSource:s
Properties1:y Properties2:y Properties3:y Properties4:y Properties5:y Properties6:y Properties7:y Properties8:y
Properties9:y Properties10:y Properties11:y Properties12:y Properties13:y Properties14:y Properties15:y Properties16:y
Properties17:y Properties18:y Properties19:y Properties20:y Properties21:y Properties22:y Properties23:y
Properties24:y Properties25:y Properties26:y Properties27:y Properties28:y Properties29:y Properties30:y
Properties31:y Properties32:y Properties33:y Properties34:y Properties35:y Properties36:y Properties37:y
Properties38:y Properties39:y Properties40:y Properties41:y Properties42:y Properties43:y Properties44:y
Properties45:y Properties46:y Properties47:y Properties48:y Properties49:y Properties50:y Properties51:y
Properties52:y Properties53:y Properties54:y Properties55:y Properties56:y Properties57:y Properties58:y
Properties59:y Properties60:y Properties61:y Properties62:y Properties63:y Properties64:y
AutoCreateSerialNumbersOnRelease:y DNFEntry:i GTSItemSpec:s GTSItemTaxCategory:s FuelID:i BeverageTableCode:s
BeverageGroupCode:s BeverageCommercialBrandCode:i Series:i ToleranceDays:i
TypeOfAdvancedRules:e=TypeOfAdvancedRulesEnum IssuePrimarilyBy:e=IssuePrimarilyByEnum NoDiscounts:y AssetClass:s
AssetGroup:s InventoryNumber:s Technician:i Employee:i Location:i AssetStatus:e=AssetStatusEnum! CapitalizationDate:d
StatisticalAsset:y Cession:y DeactivateAfterUsefulLife:y ManageByQuantity:y! UoMGroupEntry:i InventoryUoMEntry:i
DefaultSalesUoMEntry:i DefaultPurchasingUoMEntry:i DepreciationGroup:s AssetSerialNumber:s InventoryWeight:n
InventoryWeightUnit:i InventoryWeight1:n InventoryWeightUnit1:i DefaultCountingUnit:s CountingItemsPerUnit:n!
DefaultCountingUoMEntry:i Excisable:y ChapterID:i ScsCode:s SpProdType:e=SpecialProductTypeEnum ProdStdCost:n
InCostRollup:y VirtualAssetItem:y EnforceAssetSerialNumbers:y AttachmentEntry:i LinkedResource:s! UpdateDate:d!
UpdateTime:t! GSTRelevnt:y SACEntry:i GSTTaxCategory:e=GSTTaxCategoryEnum ServiceCategoryEntry:i
CapitalGoodsOnHoldPercent:n CapitalGoodsOnHoldLimit:n AssessableValue:n AssVal4WTR:n
SOIExcisable:e=SOIExcisableTypeEnum TNVED:s ImportedItem:y PricingUnit:i CreateDate:d! CreateTime:t! NVECode:s
CtrSealQty:n CESTCode:i LegalText:s DataVersion:i! CreateQRCodeFrom:s TraceableItem:y CommodityClassification:i
WeightOfRecycledPlastic:n PlasticPackageTaxCategory:s PlasticPackageExemptionReasonForPurchase:s
PlasticPackageExemptionReasonForProduction:s SAFTProductType:e=SAFTProductTypeEnum ItemPrices:[]ItemPrice
ItemWarehouseInfoCollection:[]ItemWarehouseInfo ItemPreferredVendors:[]ItemPreferredVendor
ItemLocalizationInfos:[]ItemLocalizationInfo ItemProjects:[]ItemProject ItemDistributionRules:[]ItemDistributionRule
ItemAttributeGroups:[]ItemAttributeGroups ItemDepreciationParameters:[]ItemDepreciationParameter
ItemPeriodControls:[]ItemPeriodControl ItemUnitOfMeasurementCollection:[]ItemUnitOfMeasurement
ItemBarCodeCollection:[]ItemBarCode ItemIntrastatExtension:c=ItemIntrastatExtension

type UserFieldMD -
Name:s Type:e=BoFieldTypes Size:i Description:s SubType:e=BoFldSubTypes LinkedTable:s DefaultValue:s TableName:s
FieldID:i! EditSize:i Mandatory:y LinkedUDO:s LinkedSystemObject:e=UDFLinkedSystemObjectTypesEnum
ValidValuesMD:[]ValidValueMD

type UserTablesMD -
TableName:s19 TableDescription:s30 TableType:e=BoUTBTableType Archivable:y ArchiveDateField:s DisplayMenu:y
ApplyAuthorization:y

type SalesTaxCode -
ValidForAR:y ValidForAP:y UserSignature:i! Rate:n! Name:s Freight:y Code:s IsItemLevel:y Inactive:y FADebit:y
SalesTaxCodes_Lines:[]SalesTaxCodes_Line

type VatGroup -
Code:s Name:s Category:e=BoVatCategoryEnum TaxAccount:s EU:y TriangularDeal:s AcquisitionReverse:y NonDeduct:n
AcquisitionTax:s GoodsShipment:s NonDeductAcc:s DeferredTaxAcc:s Correction:y VatCorrection:s EqualizationTaxAccount:s
ServiceSupply:s Inactive:y TaxTypeBlackList:e=TaxTypeBlackListEnum Report349Code:e=Report349CodeListEnum
VATInRevenueAccount:s DownPaymentTaxOffsetAccount:s CashDiscountAccount:s VATDeductibleAccount:s
TaxRegion:e=VatGroupsTaxRegionEnum AcquisitionReverseCorrespondingTaxCode:s EBooksVatCategory:i TaxExemptionReason:s
SAFTTaxCode:e=SAFTTaxCodeEnum EBooksVatExemptionCause:i EBooksVatExpClassType:i EBooksVatExpClassCategory:i
VatGroups_Lines:[]VatGroups_Line

type AdditionalExpense -
Name:s RevenuesAccount:s ExpenseAccount:s TaxLiable:y FixedAmountRevenues:n FixedAmountExpenses:n OutputVATGroup:s
InputVATGroup:s DistributionMethod:e=BoAeDistMthd Includein1099:y FreightOffsetAccount:s WTLiable:s! ExpensCode:i!
ExpenseExemptedAccount:s RevenuesExemptedAccount:s DistributionRule:s DrawingMethod:e=DrawingMethodEnum
FreightType:e=FreightTypeEnum Stock:y LastPurchasePrice:y Project:s DistributionRule2:s DistributionRule3:s
DistributionRule4:s DistributionRule5:s DataVersion:i! SAFTProductType:e=SAFTProductTypeEnum

type ShippingType -
Code:i! Name:s Website:s

type WizardPaymentMethod -
PaymentMethodCode:s Description:s Type:e=BoPaymentTypeEnum PaymentMeans:e=BoPaymentMeansEnum CheckAddress:y
CheckBankDetails:y CollectionAuthorizationCheck:y BlockForeignPayment:y BlockForeignBank:y CurrencyRestriction:y
PostOfficeBank:y MinimumAmount:n MaximumAmount:n DefaultBank:s UserSignature:i! CreationDate:d! BankCountry:s
DefaultAccount:s GLAccount:s! Branch:s! KeyCode:s TransactionType:s Format:s AgentCollection:y SendforAcceptance:y
GroupByDate:y DepositNorm:s DebitMemo:y GroupByPaymentReference:y GroupInvoicesbyPay:y
DueDateSelection:e=BoDueDateEnum PaymentTermsCode:i PosttoGLInterimAccount:y BankAccountKey:i! DocType:s Accepted:s
PortfolioID:s CurCode:s Instruction1:s Instruction2:s PaymentPlace:s BarcodeDll:s Active:y GroupInvoicesByPayToBank:y
GroupInvoicesByCurrency:y BankChargeRate:n ReportCode:s CancelInstruction:s OccurenceCode:s MovementCode:s
DirectDebit:s CurrencyRestrictions:[]CurrencyRestriction

type PaymentTermsType -
GroupNumber:i! PaymentTermsGroupName:s StartFrom:e=BoPayTermDueTypes NumberOfAdditionalMonths:i
NumberOfAdditionalDays:i CreditLimit:n GeneralDiscount:n InterestOnArrears:n PriceListNo:i LoadLimit:n
OpenReceipt:e=BoOpenIncPayment DiscountCode:s DunningCode:s BaselineDate:e=BoBaselineDate NumberOfInstallments:i!
NumberOfToleranceDays:i

type Warehouse -
WarehouseCode:s WarehouseName:s Inactive:y DropShip:y City:s Country:s State:s BusinessPlaceID:i

type SalesPerson -
SalesEmployeeCode:i SalesEmployeeName:s Remarks:s CommissionForSalesEmployee:n Active:y Email:s

type BusinessPartnerGroup -
Code:i! Name:s Type:e=BoBusinessPartnerGroupTypes

type PriceList -
PriceListNo:i! PriceListName:s Active:y

type EmployeeInfo -
EmployeeID:i! FirstName:s LastName:s Active:y

type VatGroups_Line -
Effectivefrom:d Rate:n

type ItemPrice -
PriceList:i Price:n Currency:s

type ProductTree -
TreeCode:s50 TreeType:e=BoItemTreeTypes Quantity:n ProductTreeLines:[]ProductTreeLine

type ProductTreeLine -
ItemCode:s50 Quantity:n

type BusinessPlace -
BPLID:i BPLName:s Disabled:y MainBPL:y DefaultWarehouseID:s
`
