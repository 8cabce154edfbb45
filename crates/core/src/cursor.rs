//! Opaque positions in lists, and the page they lead to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A position in a list ordered by `(key, id)`. Its text form is opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key of the last item seen (microseconds, or a sequence number).
    pub key: i64,
    /// Breaks ties between equal keys.
    pub id: String,
}

/// The text is not a cursor that a list returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a cursor of this list: pass next_cursor from an earlier page unchanged, or leave it out"
)]
pub struct CursorError;

impl Cursor {
    /// The opaque text form.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}~{}", self.key, self.id))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`CursorError`] when `text` did not come from [`Cursor::encode`].
    pub fn decode(text: &str) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let plain = std::str::from_utf8(&bytes).map_err(|_| CursorError)?;
        let (key, id) = plain.split_once('~').ok_or(CursorError)?;
        let key = key.parse().map_err(|_| CursorError)?;
        Ok(Self {
            key,
            id: id.to_owned(),
        })
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page with every item converted.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(convert).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        let cursor = Cursor {
            key: -5,
            id: "a~b".into(),
        };
        assert_eq!(Cursor::decode(&cursor.encode()), Ok(cursor));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "!!", "bm9uc2Vuc2U", "\u{fffd}"] {
            assert_eq!(Cursor::decode(text), Err(CursorError));
        }
    }
}
