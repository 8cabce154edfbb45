//! The built-in detectors: at each place each of them says whether one of its values begins there.

use std::fmt;
use std::sync::{Arc, LazyLock};

use crate::Entity;
use crate::engine::tail::Tail;
use crate::engine::token::{DIGIT, JOINT, LOWER, Token, UPPER};
use crate::engine::window::Window;

mod address;
pub(crate) mod checksum;
mod context;
mod date;
mod email;
mod iban;
mod ip;
mod key;
mod label;
mod national;
mod number;
mod person;
mod phone;
mod url;

pub(crate) use label::Label;
pub(crate) use person::Names;

/// The names that every redactor looks for, read once.
static NAMES: LazyLock<Arc<Names>> = LazyLock::new(|| Arc::new(Names::standard()));

/// A found value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub entity: Entity,
    pub start: usize,
    /// Its end as far as the window shows it.
    pub end: usize,
    /// How it goes on behind that.
    pub tail: Tail,
    /// The name of its field stays in front of it.
    pub labelled: bool,
}

impl Hit {
    pub fn new(entity: Entity, start: usize, end: usize) -> Self {
        Self {
            entity,
            start,
            end,
            tail: Tail::Closed,
            labelled: false,
        }
    }

    /// Whether it reaches further than `other`.
    pub fn is_longer(&self, other: &Self) -> bool {
        let reach = |hit: &Self| (hit.tail != Tail::Closed, hit.end);
        reach(self) > reach(other)
    }
}

/// The best of the values that begin at one place: the longest, then the most specific.
pub(crate) struct Best {
    enabled: u32,
    hit: Option<Hit>,
}

impl Best {
    pub fn offer(&mut self, hit: Hit) {
        if !is_enabled(self.enabled, hit.entity) || hit.end <= hit.start {
            return;
        }
        let wins = self.hit.is_none_or(|best| {
            hit.is_longer(&best)
                || (!best.is_longer(&hit) && hit.entity.rank() < best.entity.rank())
        });
        if wins {
            self.hit = Some(hit);
        }
    }

    /// Offers `start..end` as `entity` if there is an end.
    pub fn offer_end(&mut self, entity: Entity, start: usize, end: Option<usize>) {
        if let Some(end) = end {
            self.offer(Hit::new(entity, start, end));
        }
    }
}

/// A rule of one's own, in code. It is asked at every place where a word begins.
///
/// ```
/// use clasper_redaction::{Detector, Entity, Redactor};
///
/// /// Ticket numbers such as `T-1234`.
/// #[derive(Debug)]
/// struct Ticket(Entity);
///
/// impl Detector for Ticket {
///     fn entity(&self) -> Entity {
///         self.0
///     }
///     fn max_length(&self) -> usize {
///         16
///     }
///     fn length(&self, _before: &str, text: &str) -> Option<usize> {
///         let digits = text.strip_prefix("T-")?.bytes().take_while(u8::is_ascii_digit).count();
///         (digits >= 4).then_some(2 + digits)
///     }
/// }
///
/// let redactor = Redactor::standard().with_detector(Ticket(Entity::custom("TICKET")?));
/// assert_eq!(redactor.redact("see T-1234.").text, "see [TICKET].");
/// # Ok::<(), clasper_redaction::NameError>(())
/// ```
pub trait Detector: Send + Sync + fmt::Debug {
    /// What it finds.
    fn entity(&self) -> Entity;

    /// Most bytes it needs to see from the beginning of a value on; more than 240 count as 240. A stream is held back so
    /// far at every word, so keep it small.
    fn max_length(&self) -> usize;

    /// The length in bytes of the value at the beginning of `text`, if there is one; `before` is at most 96 bytes of what
    /// stands in front. A pure function of both, or results would depend on how a stream is cut. `text` shows digits and
    /// letters of other widths as ASCII, and no invisible characters.
    fn length(&self, before: &str, text: &str) -> Option<usize>;
}

/// The built-in rules with people's own detectors.
#[derive(Clone)]
pub(crate) struct Detectors {
    enabled: u32,
    names: Arc<Names>,
    own: Vec<Arc<dyn Detector>>,
}

impl fmt::Debug for Detectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detectors").finish_non_exhaustive()
    }
}

impl Detectors {
    pub fn standard() -> Self {
        Self {
            enabled: u32::MAX,
            names: Arc::clone(&NAMES),
            own: Vec::new(),
        }
    }

    /// Leaves only these kinds; people's own stay.
    pub fn only(&mut self, entities: &[Entity]) {
        self.enabled = entities.iter().fold(1, |all, e| all | 1 << e.rank());
    }

    pub fn add(&mut self, detector: Arc<dyn Detector>) {
        self.own.push(detector);
    }

    pub fn is_enabled(&self, entity: Entity) -> bool {
        is_enabled(self.enabled, entity)
    }

    /// Whether nothing can begin at a word of small letters, by what stands behind it.
    pub fn is_plain(&self, bytes: &[u8], token: &Token) -> bool {
        let parts = token.classes & JOINT != 0;
        if token.classes & !(LOWER | JOINT) != 0
            || (parts && (token.end - token.start >= 15 || bytes[token.start] == b'+'))
            || token.is_cut()
            || !self.own.is_empty()
        {
            return false;
        }
        if address::is_street_word(&bytes[token.start..token.end]) {
            return false;
        }
        match bytes.get(token.end) {
            None | Some(b'@' | b':' | b'=' | b'"' | b'\'' | b'[' | b'(' | b'\\') => false,
            Some(b' ') => {
                let next = bytes.get(token.end + 1);
                !matches!(next, None | Some(b'[' | b'(' | b':' | b'='))
                    && !label::is_spoken(&bytes[token.start..token.end])
            }
            Some(_) => !label::is_spoken(&bytes[token.start..token.end]),
        }
    }

    /// Whether values can begin inside of the token.
    pub fn has_parts(&self, token: &Token) -> bool {
        token.classes & JOINT != 0
            && (token.classes & (DIGIT | UPPER) != 0
                || token.end - token.start >= 20
                || !self.own.is_empty())
    }

    /// The value that begins where the token does.
    pub fn at_token(
        &self,
        window: &Window<'_>,
        token: &Token,
        label: Option<Label>,
    ) -> Option<Hit> {
        let mut best = self.best();
        email::detect(window, token, &mut best);
        url::detect(window, token, &mut best);
        self.begin(window, token.start, token.end, label, &mut best);
        best.hit
    }

    /// The value that begins at a part of a token that ends at `end`, or at an opening character.
    pub fn at(
        &self,
        window: &Window<'_>,
        at: usize,
        end: usize,
        label: Option<Label>,
    ) -> Option<Hit> {
        let mut best = self.best();
        self.begin(window, at, end, label, &mut best);
        best.hit
    }

    /// The name of a field whose value follows.
    pub fn label(&self, window: &Window<'_>, token: &Token) -> Option<Label> {
        let found = url::userinfo(window, token).or_else(|| label::read(window, token))?;
        self.is_enabled(found.entity()).then_some(found)
    }

    fn best(&self) -> Best {
        Best {
            enabled: self.enabled,
            hit: None,
        }
    }

    fn begin(
        &self,
        window: &Window<'_>,
        at: usize,
        end: usize,
        label: Option<Label>,
        best: &mut Best,
    ) {
        if let Some(label) = label
            && let Some(hit) = label.value(window)
        {
            best.offer(hit);
        }
        let first = window.byte(at);
        match first {
            b'0'..=b'9' => {
                number::detect(window, at, best);
                phone::with_trunk(window, at, best);
                ip::detect(window, at, best);
                date::detect(window, at, best);
                address::from_number(window, at, &self.names, best);
                key::detect(window, at, end, best);
            }
            b'+' | b'(' => phone::detect(window, at, best),
            b':' => ip::detect(window, at, best),
            b'A'..=b'Z' => {
                iban::detect(window, at, best);
                national::from_letter(window, at, best);
                date::detect(window, at, best);
                key::detect(window, at, end, best);
                ip::detect(window, at, best);
                self.people(window, at, best);
            }
            b'a'..=b'z' => {
                iban::detect(window, at, best);
                key::detect(window, at, end, best);
                ip::detect(window, at, best);
                address::from_small(window, at, &self.names, best);
            }
            b'-' => key::pem(window, at, best),
            HIGH_FIRST.. if window.character(at).is_some_and(char::is_uppercase) => {
                self.people(window, at, best);
            }
            _ => {}
        }
        for detector in &self.own {
            best.offer_end(detector.entity(), at, ask(&**detector, window, at));
        }
    }

    fn people(&self, window: &Window<'_>, at: usize, best: &mut Best) {
        if self.is_enabled(Entity::Person) {
            best.offer_end(Entity::Person, at, self.names.person(window, at));
        }
        if self.is_enabled(Entity::Address) {
            address::from_street(window, at, &self.names, best);
        }
    }
}

/// The first byte beyond ASCII.
const HIGH_FIRST: u8 = 0x80;

fn is_enabled(enabled: u32, entity: Entity) -> bool {
    enabled & 1 << entity.rank() != 0
}

fn ask(detector: &dyn Detector, window: &Window<'_>, at: usize) -> Option<usize> {
    let most = at + detector.max_length().min(crate::engine::window::AHEAD);
    let mut to = most;
    if to >= window.end() {
        to = window.end();
        if most > to {
            window.touch();
        }
    }
    while to > at && window.part(at, to).is_empty() {
        to -= 1;
    }
    let text = window.part(at, to);
    let length = detector.length(window.behind(at, usize::MAX), text)?;
    (length > 0 && text.is_char_boundary(length)).then_some(at + length)
}
