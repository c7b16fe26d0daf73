//! Who may do what: Cedar schema and policies, and the tables beside them.

/// Who is signing in. The token's issuer decides, never the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// Somebody at one of the MSP's customers.
    Customer,
    /// Somebody who works for the MSP.
    Employee,
}

impl Realm {
    /// The realm's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Realm::Customer => "customer",
            Realm::Employee => "employee",
        }
    }
}

/// What a caller sees of one classified value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// The value.
    Show,
    /// A mask that keeps its shape, for example `j***@acme.example`.
    Mask,
    /// Nothing: the field is absent.
    Hide,
}

/// How one kind of personal data is treated, by whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PiiRules {
    /// The caller's own.
    pub own: Treatment,
    /// Another contact's.
    pub contact: Treatment,
    /// Somebody's who works for the MSP.
    pub staff: Treatment,
    /// Nobody knows whose.
    pub unknown: Treatment,
}

/// How patterns found in free text are treated. Secrets are always replaced, so they have no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextRules {
    /// E-mail addresses other than the caller's own.
    pub email: Treatment,
    /// Telephone numbers.
    pub phone: Treatment,
    /// Payment card numbers.
    pub card: Treatment,
    /// Bank account numbers (IBAN).
    pub iban: Treatment,
    /// National identity numbers (US SSN) and passport numbers.
    pub identity: Treatment,
    /// IP addresses.
    pub ip: Treatment,
}

/// What one caller may see: the row of `policies/redaction.toml` for the caller's roles, the widest of them for each cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// Names.
    pub name: PiiRules,
    /// E-mail addresses.
    pub email: PiiRules,
    /// Telephone numbers.
    pub phone: PiiRules,
    /// Postal addresses.
    pub address: PiiRules,
    /// Free text.
    pub text: TextRules,
    /// Whether values for employees are shown.
    pub internal: bool,
    /// Whether money is shown.
    pub financial: bool,
}
