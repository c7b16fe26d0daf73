//! What a caller sees of classified values, and how the rows of several roles add up.

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

impl Treatment {
    /// The one that shows more.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        match (self, other) {
            (Treatment::Show, _) | (_, Treatment::Show) => Treatment::Show,
            (Treatment::Mask, _) | (_, Treatment::Mask) => Treatment::Mask,
            (Treatment::Hide, Treatment::Hide) => Treatment::Hide,
        }
    }

    /// The word of the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Show => "show",
            Treatment::Mask => "mask",
            Treatment::Hide => "hide",
        }
    }
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

impl PiiRules {
    const NOTHING: Self =
        Self { own: Treatment::Hide, contact: Treatment::Hide, staff: Treatment::Hide, unknown: Treatment::Hide };

    fn wider(self, other: Self) -> Self {
        Self {
            own: self.own.wider(other.own),
            contact: self.contact.wider(other.contact),
            staff: self.staff.wider(other.staff),
            unknown: self.unknown.wider(other.unknown),
        }
    }
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
    /// Links and images that lead outside the tenant's trusted hosts: as they are, readable but no link, or gone.
    pub link: Treatment,
}

impl TextRules {
    const NOTHING: Self = Self {
        email: Treatment::Hide,
        phone: Treatment::Hide,
        card: Treatment::Hide,
        iban: Treatment::Hide,
        identity: Treatment::Hide,
        ip: Treatment::Hide,
        link: Treatment::Hide,
    };

    fn wider(self, other: Self) -> Self {
        Self {
            email: self.email.wider(other.email),
            phone: self.phone.wider(other.phone),
            card: self.card.wider(other.card),
            iban: self.iban.wider(other.iban),
            identity: self.identity.wider(other.identity),
            ip: self.ip.wider(other.ip),
            link: self.link.wider(other.link),
        }
    }
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

impl Reveal {
    /// Nothing at all: where no role is known.
    pub const NOTHING: Self = Self {
        name: PiiRules::NOTHING,
        email: PiiRules::NOTHING,
        phone: PiiRules::NOTHING,
        address: PiiRules::NOTHING,
        text: TextRules::NOTHING,
        internal: false,
        financial: false,
    };

    /// The wider of each cell.
    #[must_use]
    pub fn wider(self, other: Self) -> Self {
        Self {
            name: self.name.wider(other.name),
            email: self.email.wider(other.email),
            phone: self.phone.wider(other.phone),
            address: self.address.wider(other.address),
            text: self.text.wider(other.text),
            internal: self.internal || other.internal,
            financial: self.financial || other.financial,
        }
    }
}
