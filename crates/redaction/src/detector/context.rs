//! The words in front of a value, which say what it is.

use crate::engine::window::Window;

/// Bytes in front of a value in which a word still speaks of it.
const REACH: usize = 72;

/// What the words in front say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// One of the words looked for.
    Yes,
    /// A word that speaks of another kind of number, nearer than any of those.
    Other,
    Nothing,
}

/// Words for numbers that are nobody's.
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "order", "invoice", "ticket", "tracking", "reference", "ref", "version", "build", "isbn", "sku", "serial",
    "part", "batch", "commit", "revision", "transaction", "amount", "total", "price", "bestellung",
    "bestellnummer", "rechnung", "commande", "facture", "pedido", "factura", "ordine", "fattura", "model", "case",
    "issue", "item", "product", "lot", "room", "epoch", "timestamp", "unix", "ean", "upc", "doi", "shipment",
    "booking", "confirmation", "page", "line", "artikel", "artikelnummer", "rechnungsnummer", "auftrag",
    "auftragsnummer", "numero_pedido", "po", "rma", "imei",
];

/// Looks for one of `words` in front of `at`, nearest first. A number in between ends the search: a word speaks of the
/// number that follows it, not of the next one.
pub(crate) fn said(window: &Window<'_>, at: usize, words: &[&str]) -> Said {
    let behind = window.behind(at, REACH);
    // Behind an empty line something else is spoken of.
    let behind = behind.rsplit("\n\n").next().unwrap_or_default();
    let mut lower = [0_u8; 40];
    for word in behind
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .take(12)
    {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        if digits >= 4 {
            return Said::Nothing;
        }
        let word = small(word, &mut lower);
        if words.contains(&word) {
            return Said::Yes;
        }
        if OTHER.contains(&word) {
            return Said::Other;
        }
    }
    Said::Nothing
}

/// Whether one of `words` stands in front.
pub(crate) fn says(window: &Window<'_>, at: usize, words: &[&str]) -> bool {
    said(window, at, words) == Said::Yes
}

/// `word` in small letters; letters beyond ASCII as they are, words too long for any list as nothing.
fn small<'b>(word: &str, into: &'b mut [u8; 40]) -> &'b str {
    let Some(place) = into.get_mut(..word.len()) else {
        return "";
    };
    place.copy_from_slice(word.as_bytes());
    place.make_ascii_lowercase();
    std::str::from_utf8(place).unwrap_or_default()
}
