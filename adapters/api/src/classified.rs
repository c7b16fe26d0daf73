//! Classified values: they refuse to serialise anywhere but under a [`Lens`].
//!
//! **Invariant:** outside [`under`], serialising a classified value is an error, never the value. A forgotten redaction
//! therefore fails closed. Only `src/call/redact/lens.rs` calls [`under`]; a tidy test holds that.

use crate::id::ContactId;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer, ser::Error as _};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

/// What kind of personal data a [`Pii`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PiiKind {
    /// A person's name.
    Name,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A postal address.
    Address,
}

/// Whose personal data it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum About {
    /// The caller's, for example what the caller wrote in this very call.
    Myself,
    /// A contact of a customer organisation.
    Contact(ContactId),
    /// Somebody who works for the MSP.
    Staff,
    /// Nobody says.
    Unknown,
}

/// Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pii {
    kind: PiiKind,
    about: About,
    value: String,
}

impl Pii {
    /// Personal data of a kind, and whose it is.
    pub fn new(kind: PiiKind, about: About, value: impl Into<String>) -> Self {
        Self { kind, about, value: value.into() }
    }

    /// For comparing inside the gateway; what leaves it goes through the lens.
    pub fn expose(&self) -> &str {
        &self.value
    }
}

/// The classes that [`Guarded`] tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// For employees: internal notes, internal ids, escalations.
    Internal,
    /// Costs, margins, rates.
    Financial,
    /// Never shown to anybody.
    Secret,
}

/// A type-level [`Class`].
pub trait Classification: std::fmt::Debug + Clone + Copy {
    /// The class.
    const CLASS: Class;
}

macro_rules! class {
    ($marker:ident, $class:ident, $alias:ident, $doc:literal) => {
        #[doc = concat!("Marks ", $doc)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $marker;
        impl Classification for $marker {
            const CLASS: Class = Class::$class;
        }
        #[doc = $doc]
        pub type $alias<T> = Guarded<$marker, T>;
    };
}
class!(InternalClass, Internal, Internal, "a value for employees only.");
class!(FinancialClass, Financial, Financial, "a value about money.");
class!(SecretClass, Secret, Secret, "a value for nobody.");

/// A value of a class.
#[derive(Clone, PartialEq, Eq)]
pub struct Guarded<C, T> {
    value: T,
    class: std::marker::PhantomData<C>,
}

impl<C: Classification, T> Guarded<C, T> {
    /// Puts a value under its class.
    pub fn new(value: T) -> Self {
        Self { value, class: std::marker::PhantomData }
    }

    /// For comparing inside the gateway; what leaves it goes through the lens.
    pub fn expose(&self) -> &T {
        &self.value
    }
}

impl<C: Classification, T> std::fmt::Debug for Guarded<C, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}(..)", C::CLASS)
    }
}

/// Free text that people wrote: scrubbed on its way out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Free text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For searching inside the gateway; what leaves it goes through the lens.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Values of this record that the answer does not carry, and that its free text must therefore not carry either. Always
/// absent from the answer: use `#[serde(skip_serializing_if = "Withheld::absent")]` and `#[schemars(skip)]`.
#[derive(Debug, Clone, Default)]
pub struct Withheld(pub Vec<String>);

impl Withheld {
    /// Whether to leave the field out: always, but in the survey that gathers the values.
    pub fn absent(&self) -> bool {
        !surveying()
    }
}

/// What a lens lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<'a> {
    /// The value, or what stands for it.
    As(Cow<'a, str>),
    /// Nothing: the field is absent.
    Absent,
}

/// The redactor's eye: decides for each classified value what a caller sees.
pub trait Lens {
    /// Whether this pass only gathers what will be hidden.
    fn surveying(&self) -> bool;
    /// What of this personal data is shown.
    fn pii<'a>(&self, kind: PiiKind, about: &About, value: &'a str) -> Shown<'a>;
    /// Whether this class is shown.
    fn shows(&self, class: Class) -> bool;
    /// Free text as it may be shown; an error withholds the whole answer.
    fn text<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String>;
    /// A value that must not be found in free text.
    fn withhold(&self, value: &str);
}

thread_local! {
    static LENS: RefCell<Option<Rc<dyn Lens>>> = const { RefCell::new(None) };
}

/// Runs `serialise` with the lens in place, on this thread. The former lens is back afterwards, also after a panic.
pub fn under<T>(lens: Rc<dyn Lens>, serialise: impl FnOnce() -> T) -> T {
    struct Restore(Option<Rc<dyn Lens>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            LENS.with(|slot| *slot.borrow_mut() = self.0.take());
        }
    }
    let _restore = Restore(LENS.with(|slot| slot.borrow_mut().replace(lens)));
    serialise()
}

fn lens() -> Option<Rc<dyn Lens>> {
    LENS.with(|slot| slot.borrow().clone())
}

fn surveying() -> bool {
    lens().is_some_and(|lens| lens.surveying())
}

const NO_LENS: &str = "a classified value was serialised outside the redactor";

/// Values that a lens may leave out; for `#[serde(skip_serializing_if = "classified::absent")]`.
pub trait Hideable {
    /// Whether the lens in place leaves this out. Without a lens: no, so that serialising it fails.
    fn hidden(&self) -> bool;
}

impl Hideable for Pii {
    fn hidden(&self) -> bool {
        lens().is_some_and(|lens| !lens.surveying() && lens.pii(self.kind, &self.about, &self.value) == Shown::Absent)
    }
}

impl<C: Classification, T> Hideable for Guarded<C, T> {
    fn hidden(&self) -> bool {
        lens().is_some_and(|lens| !lens.shows(C::CLASS))
    }
}

/// Whether an optional classified field is left out: it holds nothing, or the lens hides it.
pub fn absent<T: Hideable>(value: &Option<T>) -> bool {
    value.as_ref().is_none_or(Hideable::hidden)
}

impl Serialize for Pii {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lens = lens().ok_or_else(|| S::Error::custom(NO_LENS))?;
        match lens.pii(self.kind, &self.about, &self.value) {
            Shown::As(text) => serializer.serialize_str(&text),
            Shown::Absent => serializer.serialize_none(),
        }
    }
}

impl<C: Classification, T: Serialize> Serialize for Guarded<C, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lens = lens().ok_or_else(|| S::Error::custom(NO_LENS))?;
        if lens.shows(C::CLASS) { self.value.serialize(serializer) } else { serializer.serialize_none() }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lens = lens().ok_or_else(|| S::Error::custom(NO_LENS))?;
        serializer.serialize_str(&lens.text(&self.0).map_err(S::Error::custom)?)
    }
}

impl Serialize for Withheld {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lens = lens().ok_or_else(|| S::Error::custom(NO_LENS))?;
        for value in &self.0 {
            lens.withhold(value);
        }
        serializer.serialize_none()
    }
}

macro_rules! schema_of_text {
    ($type:ty) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                String::schema_name()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        }
    };
}
schema_of_text!(Pii);
schema_of_text!(Text);

impl<C, T: JsonSchema> JsonSchema for Guarded<C, T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Open(bool);
    impl Lens for Open {
        fn surveying(&self) -> bool {
            false
        }
        fn pii<'a>(&self, _: PiiKind, _: &About, value: &'a str) -> Shown<'a> {
            if self.0 { Shown::As(value.into()) } else { Shown::Absent }
        }
        fn shows(&self, class: Class) -> bool {
            self.0 && class != Class::Secret
        }
        fn text<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
            Ok(text.into())
        }
        fn withhold(&self, _: &str) {}
    }

    #[derive(Serialize)]
    struct Row {
        name: Pii,
        #[serde(skip_serializing_if = "absent")]
        note: Option<Internal<String>>,
        #[serde(skip_serializing_if = "absent")]
        phone: Option<Pii>,
        text: Text,
        #[serde(skip_serializing_if = "Withheld::absent")]
        withheld: Withheld,
    }

    fn row() -> Row {
        let pii = |text: &str| Pii::new(PiiKind::Phone, About::Unknown, text);
        Row {
            name: pii("Jane"),
            note: Some(Internal::new("canary".into())),
            phone: Some(pii("555")),
            text: "hello".into(),
            withheld: Withheld(vec!["canary".into()]),
        }
    }

    #[test]
    fn outside_a_lens_every_class_is_an_error() {
        assert!(serde_json::to_string(&row()).is_err());
        assert!(serde_json::to_string(&row().name).is_err());
        assert!(serde_json::to_string(&row().note).is_err());
        assert!(serde_json::to_string(&row().text).is_err());
        assert!(serde_json::to_string(&Secret::new("x")).is_err());
    }

    #[test]
    fn a_hidden_field_is_absent_and_a_shown_one_is_there() {
        let json = |open| under(Rc::new(Open(open)), || serde_json::to_string(&row()).expect("a lens is in place"));
        assert_eq!(json(true), r#"{"name":"Jane","note":"canary","phone":"555","text":"hello"}"#);
        assert_eq!(json(false), r#"{"name":null,"text":"hello"}"#);
        assert!(serde_json::to_string(&row()).is_err(), "the lens is gone afterwards");
    }
}
