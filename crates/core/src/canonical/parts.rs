//! Objects and arrays: members are put in order where they stand when their object ends.

use std::cmp::Ordering;

use serde::Serialize;
use serde::ser::{self, Error as _};
use serde_json::{Error, Value};

use crate::canonical::writer::{Member, Writer};

/// An object that is being written.
pub(super) struct Object<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) start: usize,
    pub(super) first: usize,
}

impl<'a> Object<'a> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let writer = &mut *self.writer;
        if writer.out.len() > self.start {
            writer.out.push(b',');
        }
        let at = writer.out.len();
        key.serialize(&mut *writer)?;
        match writer.out.get(at) {
            Some(b'"') => {}
            // Numbers, true and false are keys as texts.
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                writer.out.insert(at, b'"');
                writer.out.push(b'"');
            }
            _ => return Err(Error::custom("the keys of an object must be texts")),
        }
        writer.members.push(Member::begun(&writer.out, at));
        writer.out.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)?;
        if let Some(member) = self.writer.members.last_mut() {
            member.end = self.writer.out.len();
        }
        Ok(())
    }

    fn close(self) -> Result<&'a mut Writer, Error> {
        let writer = self.writer;
        // Taken out for a moment, so that the text can be looked at while they are put in order.
        let mut all = std::mem::take(&mut writer.members);
        let members = &mut all[self.first..];
        let pairs = members.windows(2);
        let is_sorted = pairs
            .map(|pair| writer.compare(&pair[0], &pair[1]))
            .all(Ordering::is_lt);
        if !is_sorted {
            members.sort_unstable_by(|one, other| writer.compare(one, other));
            let mut pairs = members.windows(2);
            if pairs.any(|pair| writer.compare(&pair[0], &pair[1]).is_eq()) {
                return Err(Error::custom("an object names a member twice"));
            }
            let mut sorted = std::mem::take(&mut writer.sorted);
            for member in &*members {
                if !sorted.is_empty() {
                    sorted.push(b',');
                }
                sorted.extend_from_slice(&writer.out[member.key..member.end]);
            }
            writer.out.truncate(self.start);
            writer.out.append(&mut sorted);
            writer.sorted = sorted;
        }
        all.truncate(self.first);
        writer.members = all;
        writer.out.push(b'}');
        Ok(writer)
    }
}

/// An array that is being written, or the variant around one.
pub(super) struct Array<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) start: usize,
    pub(super) closing: &'static [u8],
}

impl Array<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.writer.out.len() > self.start {
            self.writer.out.push(b',');
        }
        value.serialize(&mut *self.writer)
    }
}

/// A structure, or a raw value that pretends to be one.
pub(super) enum Structure<'a> {
    Object(Object<'a>, &'static [u8]),
    Raw(&'a mut Writer),
}

/// The four kinds of lists differ in the names of their methods only.
macro_rules! lists {
    ($($of:ident::$method:ident;)*) => {
        $(impl ser::$of for Array<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.writer.out.extend_from_slice(self.closing);
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close().map(drop)
    }
}

macro_rules! structures {
    ($($of:ident;)*) => {
        $(impl ser::$of for Structure<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                match self {
                    Self::Object(object, _) => {
                        object.key(key)?;
                        object.value(value)
                    }
                    Self::Raw(writer) => match serde_json::to_value(value)? {
                        Value::String(text) => writer.raw(&text),
                        _ => Err(Error::custom("a raw value is not a text")),
                    },
                }
            }

            fn end(self) -> Result<(), Error> {
                if let Self::Object(object, closing) = self {
                    object.close()?.out.extend_from_slice(closing);
                }
                Ok(())
            }
        })*
    };
}

structures! {
    SerializeStruct;
    SerializeStructVariant;
}
