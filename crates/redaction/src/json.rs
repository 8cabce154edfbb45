//! Redaction of JSON values: strings, names of members, and whatever the name of a member says of its value.

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::strategy::{Found, is_replacement};
use crate::vault::TokenVault;
use crate::{Counts, Entity, Error, Redactor};

/// What a member's name, without joints and in small letters, says of its value. Endings; the longest fitting one counts.
const NAMES: &[(&str, Name)] = &[
    ("password", Name::Secret),
    ("passwd", Name::Secret),
    ("passphrase", Name::Secret),
    ("passcode", Name::Secret),
    ("pwd", Name::Secret),
    ("secret", Name::Secret),
    ("secretkey", Name::Secret),
    ("apikey", Name::Secret),
    ("accesskey", Name::Secret),
    ("accesskeyid", Name::Secret),
    ("privatekey", Name::Secret),
    ("signingkey", Name::Secret),
    ("authorization", Name::Secret),
    ("credential", Name::Secret),
    ("credentials", Name::Secret),
    ("cookie", Name::Secret),
    ("token", Name::Token),
    ("ssn", Name::Digits(Entity::UsSsn)),
    ("socialsecurity", Name::Digits(Entity::UsSsn)),
    ("socialsecuritynumber", Name::Digits(Entity::UsSsn)),
    ("nationalid", Name::Digits(Entity::NationalId)),
    ("nationalinsurancenumber", Name::Digits(Entity::NationalId)),
    ("passportnumber", Name::Digits(Entity::NationalId)),
    ("taxid", Name::Digits(Entity::NationalId)),
    ("cardnumber", Name::Digits(Entity::CreditCard)),
    ("creditcard", Name::Digits(Entity::CreditCard)),
    ("iban", Name::Digits(Entity::Iban)),
    ("phone", Name::Digits(Entity::Phone)),
    ("phonenumber", Name::Digits(Entity::Phone)),
    ("mobilenumber", Name::Digits(Entity::Phone)),
    ("telephone", Name::Digits(Entity::Phone)),
    ("dateofbirth", Name::Digits(Entity::DateOfBirth)),
    ("birthdate", Name::Digits(Entity::DateOfBirth)),
    ("birthday", Name::Digits(Entity::DateOfBirth)),
    ("firstname", Name::Letters(Entity::Person)),
    ("lastname", Name::Letters(Entity::Person)),
    ("fullname", Name::Letters(Entity::Person)),
    ("surname", Name::Letters(Entity::Person)),
    ("givenname", Name::Letters(Entity::Person)),
    ("familyname", Name::Letters(Entity::Person)),
    ("streetaddress", Name::Letters(Entity::Address)),
    ("homeaddress", Name::Letters(Entity::Address)),
    ("postaladdress", Name::Letters(Entity::Address)),
];

/// [`NAMES`] by their last byte, the longest first: most keys end in another one.
static BY_LAST_BYTE: LazyLock<[Vec<(&str, Name)>; 256]> = LazyLock::new(|| {
    let mut names = [const { Vec::new() }; 256];
    for (ending, name) in NAMES {
        if let Some(last) = ending.bytes().last() {
            names[usize::from(last)].push((*ending, *name));
        }
    }
    for ending_alike in &mut names {
        ending_alike.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
    }
    names
});

/// Digits from which on a number is read as text; everything shorter is a quantity.
const LONG_NUMBER: u64 = 1_000_000_000_000;

/// A redacted JSON value.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedJson {
    /// The value without what was found.
    pub value: Value,
    /// What was found, in the order of the members.
    pub findings: Vec<JsonFinding>,
}

/// One value found in JSON: its kind and place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonFinding {
    /// The member, as a JSON pointer (RFC 6901) into the redacted value.
    pub pointer: String,
    /// The kind of value.
    pub entity: Entity,
    /// Its first character in the string, or in the number as written.
    pub start: usize,
    /// The character after its last one.
    pub end: usize,
    /// It was found in the name of the member and not in its value.
    pub in_name: bool,
}

impl Redactor {
    /// Replaces sensitive values everywhere in `value`. Below a name such as `password` every string and number is one, and
    /// the value of a name such as `ssn` or `date_of_birth` is of that kind however it is written.
    ///
    /// Numbers under a name that ends in `token` stay: they are counts. There is no vault here, so tokenising masks.
    #[must_use]
    pub fn redact_json(&self, value: Value) -> (Value, Counts) {
        let (mut value, mut walk) = (value, Walk::new(self, None));
        // Only a vault can fail.
        if walk.value(&mut value, Name::Plain, &Place::Root).is_err() {
            value = Value::Null;
        }
        let counts = Counts::of(walk.findings.iter().map(|finding| finding.entity));
        (value, counts)
    }

    /// The same with the places of what was found, and with tokens where the strategy says so and a vault is given.
    ///
    /// # Errors
    /// [`Error`] when the vault fails: the value is refused.
    pub fn redact_json_with(
        &self,
        value: Value,
        vault: Option<&dyn TokenVault>,
    ) -> Result<RedactedJson, Error> {
        let (mut value, mut walk) = (value, Walk::new(self, vault));
        walk.value(&mut value, Name::Plain, &Place::Root)?;
        Ok(RedactedJson {
            value,
            findings: walk.findings,
        })
    }
}

struct Walk<'r> {
    redactor: &'r Redactor,
    vault: Option<&'r dyn TokenVault>,
    findings: Vec<JsonFinding>,
}

/// Where a value is. Written down only when something is found there.
#[derive(Clone, Copy)]
enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Member(outer, key) => {
                let key = key.replace('~', "~0").replace('/', "~1");
                format!("{}/{key}", outer.pointer())
            }
            Self::Item(outer, number) => format!("{}/{number}", outer.pointer()),
        }
    }
}

impl<'r> Walk<'r> {
    fn new(redactor: &'r Redactor, vault: Option<&'r dyn TokenVault>) -> Self {
        Self {
            redactor,
            vault,
            findings: Vec::new(),
        }
    }

    /// Changes what has to be changed where it stands: mostly nothing.
    fn value(&mut self, value: &mut Value, name: Name, place: &Place<'_>) -> Result<(), Error> {
        match value {
            Value::String(text) => {
                if let Some(redacted) = self.named(text, name, place)? {
                    *text = redacted;
                }
            }
            Value::Number(number) => {
                let long = number.as_u64().is_some_and(|n| n >= LONG_NUMBER);
                let by_name = matches!(name, Name::Secret | Name::Digits(_));
                if !long && !by_name {
                    return Ok(());
                }
                let text = number.to_string();
                let says = match name {
                    Name::Secret => true,
                    Name::Digits(_) => text.len() >= 5,
                    _ => false,
                };
                if !long && !says {
                    return Ok(());
                }
                let name = if says { name } else { Name::Plain };
                if let Some(redacted) = self.named(&text, name, place)?
                    && redacted != text
                {
                    *value = Value::String(redacted);
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter_mut().enumerate() {
                    self.value(item, name, &Place::Item(place, number))?;
                }
            }
            Value::Object(members) => self.members(members, name, place)?,
            Value::Null | Value::Bool(_) => {}
        }
        Ok(())
    }

    fn members(
        &mut self,
        members: &mut Map<String, Value>,
        outer: Name,
        place: &Place<'_>,
    ) -> Result<(), Error> {
        let first = self.findings.len();
        let mut renamed = false;
        for key in members.keys() {
            renamed |= self.text(key, place, true)?.is_some();
        }
        if renamed {
            self.findings.truncate(first);
            return self.renamed(members, outer, place);
        }
        for (key, value) in members {
            let name = outer.of_member(key);
            self.value(value, name, &Place::Member(place, key))?;
        }
        Ok(())
    }

    /// The same for an object in whose names something was found.
    fn renamed(
        &mut self,
        members: &mut Map<String, Value>,
        outer: Name,
        place: &Place<'_>,
    ) -> Result<(), Error> {
        let mut out = Map::with_capacity(members.len());
        for (key, mut value) in std::mem::take(members) {
            let name = outer.of_member(&key);
            let first = self.findings.len();
            let redacted = self.text(&key, place, true)?;
            let key = unused(&out, redacted.unwrap_or(key));
            let place = Place::Member(place, &key);
            for finding in &mut self.findings[first..] {
                finding.pointer = place.pointer();
            }
            self.value(&mut value, name, &place)?;
            out.insert(key, value);
        }
        *members = out;
        Ok(())
    }

    /// A string or number of which the member's name says something; `None` when it stays as it is.
    fn named(
        &mut self,
        text: &str,
        name: Name,
        place: &Place<'_>,
    ) -> Result<Option<String>, Error> {
        let entity = match name {
            Name::Plain => return self.text(text, place, false),
            Name::Secret | Name::Token => Entity::Secret,
            Name::Digits(entity) | Name::Letters(entity) => {
                let enabled = self.redactor.engine().detectors.is_enabled(entity);
                if !enabled || !name.fits(text) || !self.redactor.findings(text).is_empty() {
                    return self.text(text, place, false);
                }
                entity
            }
        };
        if text.is_empty()
            || is_replacement(text)
            || !self.redactor.engine().detectors.is_enabled(entity)
        {
            return Ok(None);
        }
        self.findings.push(JsonFinding {
            pointer: place.pointer(),
            entity,
            start: 0,
            end: text.chars().count(),
            in_name: false,
        });
        let found = Found {
            entity,
            labelled: true,
            value: text,
            before: None,
            after: None,
        };
        let mut out = String::new();
        self.redactor
            .strategies()
            .write(&mut out, &found, self.vault)?;
        Ok(Some(out))
    }

    /// The text without what was found; `None` when nothing was.
    fn text(
        &mut self,
        text: &str,
        place: &Place<'_>,
        in_name: bool,
    ) -> Result<Option<String>, Error> {
        let redacted = match self.vault {
            Some(vault) => self.redactor.redact_with(text, vault)?,
            None => self.redactor.redact(text),
        };
        let Cow::Owned(out) = redacted.text else {
            return Ok(None);
        };
        self.findings
            .extend(redacted.findings.into_iter().map(|finding| JsonFinding {
                pointer: place.pointer(),
                entity: finding.entity,
                start: finding.start,
                end: finding.end,
                in_name,
            }));
        Ok(Some(out))
    }
}

/// What a member's name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    Plain,
    /// A value of this kind, which has digits.
    Digits(Entity),
    /// A value of this kind, which has letters.
    Letters(Entity),
    /// Strings are secret, numbers are counts.
    Token,
    Secret,
}

impl Name {
    pub fn of(key: &str) -> Self {
        // A long name is data, and only its end matters.
        if !key.is_ascii() || key.len() > 128 {
            return Self::Plain;
        }
        let mut letters = [0; 128];
        let mut length = 0;
        for byte in key.bytes().filter(u8::is_ascii_alphanumeric) {
            letters[length] = byte.to_ascii_lowercase();
            length += 1;
        }
        let bare = &letters[..length];
        let Some(last) = bare.last() else {
            return Self::Plain;
        };
        let mut names = BY_LAST_BYTE[usize::from(*last)].iter();
        let found = names.find(|(ending, _)| bare.ends_with(ending.as_bytes()));
        found.map_or(Self::Plain, |(_, name)| *name)
    }

    /// What the name of a member says, inside a value of which `self` was said.
    fn of_member(self, key: &str) -> Self {
        match self {
            Self::Secret | Self::Token => self.max(Self::of(key)),
            _ => Self::of(key),
        }
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Digits(_) => {
                text.chars().filter(|c| c.is_numeric()).count() >= 5 && text.len() <= 64
            }
            _ => text.chars().any(char::is_alphabetic),
        }
    }
}

/// `key`, numbered if two redacted names have become the same, so that no member is lost.
fn unused(members: &Map<String, Value>, key: String) -> String {
    if !members.contains_key(&key) {
        return key;
    }
    let mut number = 2_usize;
    while members.contains_key(&format!("{key} ({number})")) {
        number += 1;
    }
    format!("{key} ({number})")
}
