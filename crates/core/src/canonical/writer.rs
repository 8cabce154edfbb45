//! Writes RFC 8785 in one pass over one buffer. Whatever is hashed goes through here several times per request, and sorting
//! members where they stand spares the tree of copies that a general serializer makes.

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;
use serde::ser::{self, Error as _};
use serde_json::{Error, Value};

use crate::canonical::parts::{Array, Object, Structure};

/// How `serde_json` announces a raw value: the name of the structure and of its only member.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// The canonical text of `value`.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut writer = Writer {
        // What is hashed on the road is mostly this long.
        out: Vec::with_capacity(1_024),
        members: Vec::with_capacity(32),
        sorted: Vec::new(),
    };
    value.serialize(&mut writer)?;
    String::from_utf8(writer.out).map_err(Error::custom)
}

/// Takes the pieces of a text as they are formatted.
struct Pieces<'a>(&'a mut Vec<u8>);

impl fmt::Write for Pieces<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        push_escaped(self.0, piece);
        Ok(())
    }
}

pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    /// Members of the objects that are open, the innermost last.
    pub(super) members: Vec<Member>,
    /// Where members are put in order.
    pub(super) sorted: Vec<u8>,
}

/// Writes `text` as a JSON string.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text);
    out.push(b'"');
}

/// Writes what stands between the quotes.
fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut plain = 0;
    while let Some(next) = bytes[plain..].iter().position(|b| ESCAPED[usize::from(*b)]) {
        let at = plain + next;
        let byte = bytes[at];
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            0x0c => b"\\f",
            b'\r' => b"\\r",
            _ => b"\\u00",
        };
        out.extend_from_slice(&bytes[plain..at]);
        out.extend_from_slice(escape);
        if escape.len() == 4 {
            let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            out.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        plain = at + 1;
    }
    out.extend_from_slice(&bytes[plain..]);
}

/// Where a member stands in the buffer: its key with quotes, and its end.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) key: usize,
    pub(super) key_end: usize,
    pub(super) end: usize,
    /// Whether the key is ASCII without escapes, so that its bytes are in the order of its characters.
    pub(super) is_plain: bool,
    /// The first eight bytes of a plain key as a number, which mostly decides its order.
    pub(super) beginning: u64,
}

impl Member {
    /// The member whose key, with quotes, begins at `key` and has just been written.
    pub(super) fn begun(out: &[u8], key: usize) -> Self {
        let bare = &out[key + 1..out.len() - 1];
        let mut beginning = [0; 8];
        let shown = bare.len().min(8);
        beginning[..shown].copy_from_slice(&bare[..shown]);
        Self {
            key,
            key_end: out.len(),
            end: out.len(),
            is_plain: bare.iter().all(|byte| byte.is_ascii() && *byte != b'\\'),
            beginning: u64::from_be_bytes(beginning),
        }
    }
}

/// Which bytes of a text are written otherwise.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

/// Integers up to here are written by ECMAScript digit by digit, and are exact as doubles.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

impl Writer {
    fn number(&mut self, number: f64) -> Result<(), Error> {
        if !number.is_finite() {
            return Err(Error::custom("NaN and infinities have no JSON form"));
        }
        let mut buffer = ryu_js::Buffer::new();
        self.out
            .extend_from_slice(buffer.format_finite(number).as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &str) {
        push_text(&mut self.out, text);
    }

    fn object(&mut self) -> Object<'_> {
        self.out.push(b'{');
        Object {
            start: self.out.len(),
            first: self.members.len(),
            writer: self,
        }
    }

    fn array(&mut self) -> Array<'_> {
        self.out.push(b'[');
        Array {
            start: self.out.len(),
            closing: b"]",
            writer: self,
        }
    }

    /// Opens `{"variant":`.
    fn variant(&mut self, variant: &str) {
        self.out.push(b'{');
        self.text(variant);
        self.out.push(b':');
    }

    pub(super) fn raw(&mut self, text: &str) -> Result<(), Error> {
        serde_json::from_str::<Value>(text)?.serialize(self)
    }

    pub(super) fn compare(&self, one: &Member, other: &Member) -> Ordering {
        let is_plain = one.is_plain && other.is_plain;
        if is_plain && one.beginning != other.beginning {
            return one.beginning.cmp(&other.beginning);
        }
        let key = |member: &Member| &self.out[member.key..member.key_end];
        let (one, other) = (key(one), key(other));
        if is_plain {
            // Without the closing quote, which would come before some characters of a longer key.
            return one[..one.len() - 1].cmp(&other[..other.len() - 1]);
        }
        // RFC 8785 section 3.2.3: by UTF-16 code units of what the keys mean.
        let units = |key: &[u8]| -> Vec<u16> {
            let text: String = serde_json::from_slice(key).unwrap_or_default();
            text.encode_utf16().collect()
        };
        units(one).cmp(&units(other))
    }
}

/// Every number is a double (RFC 8785 section 3.2.2.3); integers that are exact as one are written as they are.
macro_rules! integers {
    ($($method:ident($type:ty);)*) => {
        $(
            #[expect(clippy::allow_attributes, reason = "only some of the types lose anything")]
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_lossless,
                reason = "as ECMAScript does"
            )]
            fn $method(self, value: $type) -> Result<(), Error> {
                match i64::try_from(value) {
                    Ok(safe) if safe.unsigned_abs() <= MAX_SAFE_INTEGER => {
                        let mut buffer = itoa::Buffer::new();
                        self.out.extend_from_slice(buffer.format(safe).as_bytes());
                        Ok(())
                    }
                    _ => self.number(value as f64),
                }
            }
        )*
    };
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Structure<'a>;
    type SerializeStructVariant = Structure<'a>;

    integers! {
        serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64); serialize_i128(i128);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_u128(u128);
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.number(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.number(value)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        use fmt::Write as _;
        self.out.push(b'"');
        write!(Pieces(&mut self.out), "{value}").map_err(Error::custom)?;
        self.out.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple(self, _: usize) -> Result<Array<'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Array<'a>, Error> {
        Ok(self.array())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Array<'a>, Error> {
        self.variant(variant);
        Ok(Array {
            closing: b"]}",
            ..self.array()
        })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, Error> {
        Ok(self.object())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Structure<'a>, Error> {
        Ok(if name == RAW_VALUE {
            Structure::Raw(self)
        } else {
            Structure::Object(self.object(), b"")
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Structure<'a>, Error> {
        self.variant(variant);
        Ok(Structure::Object(self.object(), b"}"))
    }
}
