//! The note itself: parsing, verifying, signing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::note::key::check_name;
use crate::note::{KeyError, KeyKind, SigningKey, VerifierKey};

/// The longest note read, in bytes. The format asks verifiers to set a limit.
pub(crate) const MAX_NOTE_BYTES: usize = 256 * 1024;
/// Most signatures read; the format asks for 16 at least.
const MAX_SIGNATURES: usize = 64;
const LEAD: &str = "\u{2014} ";

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// The key's id.
    pub key_id: u32,
    /// The signature; for cosignatures the time and the signature.
    pub bytes: Vec<u8>,
}

/// A note with its signatures, none of them verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key that made it.
    pub key: VerifierKey,
    /// For a cosignature, when it was made, in seconds since 1970.
    pub cosigned_at: Option<u64>,
}

/// Why a note is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Not a signed note.
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// A signature of a trusted key does not fit the text.
    #[error("the signature of {name} does not fit the text")]
    Forged {
        /// The key's name.
        name: String,
    },
    /// No trusted key signed it.
    #[error("no trusted key signed the note")]
    Unsigned,
    /// A key could not sign.
    #[error("the note could not be signed")]
    Key(#[from] KeyError),
}

impl SignedNote {
    /// An unsigned note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`] when the text is empty, does not end with a newline or has control characters.
    pub fn new(text: &str) -> Result<Self, NoteError> {
        check_text(text)?;
        Ok(Self {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// Reads a note, strictly.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let malformed = |why| Err(NoteError::Malformed(why));
        if note.len() > MAX_NOTE_BYTES {
            return malformed("it is longer than 256 KiB");
        }
        let Some(blank) = note.rfind("\n\n") else {
            return malformed("no empty line before the signatures");
        };
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        check_text(text)?;
        let Some(lines) = lines.strip_suffix('\n') else {
            return malformed("the last line does not end");
        };
        let signatures = lines
            .split('\n')
            .map(|line| parse_signature(line).ok_or(NoteError::Malformed("a bad signature line")))
            .collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return malformed("more than 64 signatures");
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text, not to be believed before [`Self::verify`].
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The signatures of the keys given; those of others are ignored, of several by one key the first counts.
    ///
    /// # Errors
    /// [`NoteError::Forged`] when one of these keys' signatures does not hold, [`NoteError::Unsigned`] when there is none.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<Verified>, NoteError> {
        let mut verified: Vec<Verified> = Vec::new();
        for signature in &self.signatures {
            let named = |k: &&VerifierKey| k.name() == signature.name && k.id() == signature.key_id;
            let Some(key) = keys.iter().find(named) else {
                continue;
            };
            if verified.iter().any(|v| v.key == *key) {
                continue;
            }
            let holds = self.check(key, &signature.bytes);
            verified.push(holds.ok_or(NoteError::Forged {
                name: signature.name.clone(),
            })?);
        }
        if verified.is_empty() {
            return Err(NoteError::Unsigned);
        }
        Ok(verified)
    }

    /// Adds a signature; replaces an older one of the same key.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the key is one for cosignatures, which need a time.
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), NoteError> {
        if key.verifier().kind() != KeyKind::Ed25519 {
            return Err(NoteError::Key(KeyError::Kind));
        }
        let bytes = key.sign(self.text.as_bytes())?;
        self.add(key.verifier(), bytes);
        Ok(())
    }

    /// Adds a witness's cosignature made at `seconds` since 1970; replaces an older one of the same key.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the key is none for cosignatures.
    pub fn cosign(&mut self, key: &SigningKey, seconds: u64) -> Result<(), NoteError> {
        if key.verifier().kind() != KeyKind::CosignatureV1 {
            return Err(NoteError::Key(KeyError::Kind));
        }
        let mut bytes = seconds.to_be_bytes().to_vec();
        bytes.extend(key.sign(cosigned_message(&self.text, seconds).as_bytes())?);
        self.add(key.verifier(), bytes);
        Ok(())
    }

    /// Adds the signature lines that a witness answered, if they are its own and hold.
    ///
    /// # Errors
    /// [`NoteError`] when a line cannot be read, is not of `witness`, or does not hold.
    pub fn add_cosignatures(
        &mut self,
        lines: &str,
        witness: &VerifierKey,
    ) -> Result<(), NoteError> {
        let answered = Self::parse(&format!("{}\n{lines}", self.text))?;
        answered.verify(std::slice::from_ref(witness))?;
        for signature in answered.signatures {
            if signature.name == witness.name() && signature.key_id == witness.id() {
                self.add(witness, signature.bytes);
                break;
            }
        }
        Ok(())
    }

    fn add(&mut self, key: &VerifierKey, bytes: Vec<u8>) {
        let (name, key_id) = (key.name().to_owned(), key.id());
        self.signatures
            .retain(|s| s.name != name || s.key_id != key_id);
        self.signatures.push(NoteSignature {
            name,
            key_id,
            bytes,
        });
    }

    /// The key with the time in the signature, if its kind has one; `None` when the signature does not hold.
    fn check(&self, key: &VerifierKey, bytes: &[u8]) -> Option<Verified> {
        let verified = |cosigned_at| Verified {
            key: key.clone(),
            cosigned_at,
        };
        match key.kind() {
            KeyKind::Ed25519 => key
                .accepts(self.text.as_bytes(), bytes)
                .then(|| verified(None)),
            KeyKind::CosignatureV1 => {
                let (time, signature) = bytes.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                let message = cosigned_message(&self.text, time);
                let holds =
                    i64::try_from(time).is_ok() && key.accepts(message.as_bytes(), signature);
                holds.then(|| verified(Some(time)))
            }
        }
    }
}

/// The text and its signatures, as it is sent and stored.
impl std::fmt::Display for SignedNote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        f.write_char('\n')?;
        for signature in &self.signatures {
            let mut bytes = signature.key_id.to_be_bytes().to_vec();
            bytes.extend_from_slice(&signature.bytes);
            writeln!(f, "{LEAD}{} {}", signature.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

fn cosigned_message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::Malformed("a control character in the text"));
    }
    if text.len() < 2 || !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text does not end with a newline"));
    }
    Ok(())
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, base64) = line.strip_prefix(LEAD)?.split_once(' ')?;
    check_name(name).ok()?;
    let bytes = STANDARD.decode(base64).ok()?;
    let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
    (!bytes.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        key_id: u32::from_be_bytes(*key_id),
        bytes: bytes.to_vec(),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
