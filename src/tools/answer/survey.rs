//! Serialises to nowhere: every value is met, as it will be, and nothing is written.
//!
//! The redactor's first pass only listens to what the classified values tell their lens. To write JSON for that, with its escapes
//! and numbers, costs as much as the answer itself.

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Result};
use std::fmt;

/// Meets every value and counts their bytes, up to a limit.
#[derive(Debug)]
pub(super) struct Survey {
    /// Bytes that may still come.
    pub(super) left: usize,
}

impl Survey {
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| Error::custom("too large"))?;
        Ok(())
    }
}

/// What is formatted is counted.
impl fmt::Write for Survey {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.take(text.len()).map_err(|_| fmt::Error)
    }
}

macro_rules! counted {
    ($($name:ident: $type:ty = $bytes:expr;)*) => {
        $(fn $name(self, _: $type) -> Result<()> {
            self.take($bytes)
        })*
    };
}

impl Serializer for &mut Survey {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    counted! {
        serialize_bool: bool = 5;
        serialize_i8: i8 = 4;
        serialize_i16: i16 = 6;
        serialize_i32: i32 = 11;
        serialize_i64: i64 = 20;
        serialize_i128: i128 = 40;
        serialize_u8: u8 = 3;
        serialize_u16: u16 = 5;
        serialize_u32: u32 = 10;
        serialize_u64: u64 = 20;
        serialize_u128: u128 = 39;
        serialize_f32: f32 = 16;
        serialize_f64: f64 = 24;
        serialize_char: char = 6;
        serialize_unit_struct: &'static str = 4;
    }

    fn serialize_str(self, text: &str) -> Result<()> {
        self.take(text.len() + 2)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<()> {
        self.take(4 * bytes.len() + 2)
    }

    fn serialize_unit(self) -> Result<()> {
        self.take(4)
    }

    fn serialize_none(self) -> Result<()> {
        self.take(4)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<()> {
        self.take(name.len() + 2)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        self.take(name.len() + 5)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self> {
        self.take(2).map(|()| self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self> {
        self.take(2).map(|()| self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self> {
        self.take(2).map(|()| self)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Result<Self> {
        self.take(name.len() + 7).map(|()| self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self> {
        self.take(2).map(|()| self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self> {
        self.take(2).map(|()| self)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Result<Self> {
        self.take(name.len() + 7).map(|()| self)
    }

    fn collect_str<T: ?Sized + fmt::Display>(self, value: &T) -> Result<()> {
        fmt::Write::write_fmt(self, format_args!("{value}")).map_err(|_| Error::custom("too large"))
    }
}

macro_rules! elements {
    ($($kind:ident::$method:ident;)*) => {
        $(impl $kind for &mut Survey {
            type Ok = ();
            type Error = Error;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
                self.take(1)?;
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<()> {
                Ok(())
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($kind:ident)*) => {
        $(impl $kind for &mut Survey {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<()> {
                self.take(name.len() + 4)?;
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<()> {
                Ok(())
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for &mut Survey {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<()> {
        self.take(2)?;
        key.serialize(&mut **self)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}
