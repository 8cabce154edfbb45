//! Names of persons: by what stands in front, and by lists of given and family names.
//!
//! The lists are short on purpose: the names that most people of a few language areas have. A pair of capital words of which
//! one is in its list is a name; one word alone is a name only inside of a sentence, or behind a title or greeting.

use crate::detector::address::ANNOUNCED;
use crate::engine::window::Window;

mod list;

use list::{List, last_word};

/// Titles, without their points.
#[rustfmt::skip]
const TITLES: &[&str] = &[
    "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Prof", "Professor", "Doctor", "Sir", "Herr", "Herrn", "Frau",
    "Monsieur", "Madame", "Mme", "Mlle", "Sr", "Sra", "Srta", "Señor", "Señora", "Don", "Doña", "Dott", "Sig",
    "Signor", "Signora", "Dhr", "Mevr", "Mevrouw", "Pan", "Pani", "Senhor", "Senhora", "Nurse", "Judge", "Senator",
    "Captain",
];
/// Words behind which one name alone is a name.
#[rustfmt::skip]
const GREETINGS: &[&str] = &[
    "Dear", "Hi", "Hello", "Hey", "Hallo", "Liebe", "Lieber", "Bonjour", "Cher", "Chère", "Hola", "Querido",
    "Querida", "Ciao", "Caro", "Cara", "Beste", "Olá", "Regards", "Cheers",
];
/// Ends of phrases behind which a name stands.
#[rustfmt::skip]
const INTRODUCTIONS: &[&str] = &[
    "name is ", "name: ", "Name: ", "named ", "name's ", "heiße ", "heißt ", "heisse ", "appelle ", "appelle: ",
    "llamo ", "llama ", "chiamo ", "chiama ", "heet ", "chamo ", "nazywam się ", "heter ", "signed by ",
    "patient ", "Patient ", "employee ", "Employee ", "patient: ", "Patient: ", "Customer: ", "customer: ",
    "nom: ", "Nom : ", "nombre: ", "Nombre: ", "Nome: ", "contact: ", "Contact: ", "Ansprechpartner: ", "Kunde: ",
    "name=", "Name ist ", "nombre es ", "nom est ", "nome è ", "naam is ", "Full name: ",
];
/// Ends of phrases behind which two words, one of them known, are a name.
#[rustfmt::skip]
const HINTS: &[&str] = &[
    "contact ", "Contact ", "contacter ", "Kontakt ", "kontakt ", "kontaktieren Sie ", "Contacte con ", "Contacte ", "Contactar con ",
    "Contattare ", "contattare ", "Kontakta ", "Kontaktujte ", "contact op met ", "kontakt z ", "spoke to ", "speak to ",
    "speak with ", "spoke with ", "talked to ", "meeting with ", "met with ", "According to ", "according to ", "holder ",
    "Kunde ", "Kundin ", "Customer ", "customer ", "client ", "Client ", "nombre de ", "nome de ", "intestato a ", "t.n.v. ",
    "odbiorca ", "parlé avec ", "hablé con ", "parlato con ", "gestern mit ", "gesproken met ", "falei com ", "pour ", "from ",
    "hälsningar\n", "hilsen\n", "hilsner\n", "Grüßen\n", "Gruß\n", "Grüße\n", "regards,\n", "Regards,\n", "Sincerely,\n",
    "Cordialement,\n", "Saludos,\n", "saluti,\n", "groet,\n", "groeten,\n", "Atenciosamente,\n", "Pozdrawiam,\n", "Thanks,\n",
    "Cheers,\n", "Best,\n", "to:\n", "To:\n", "adresse:\n", "Adresse:\n", "nazwisko: ", "naam: ", "Naam: ", "Namn: ", "namn: ",
    "Navn: ", "Nimi: ", "Jméno: ", "Nom: ", "Naam ", "Jmenuji se ", "hedder ", "Nimeni on ", "Prezado ", "Prezada ", "Gentile ",
    "Estimado ", "Estimada ", "Vážený ", "Szanowny ", "Kære ", "Kjære ", "Hei ", "Hej ", "Hoi ", "Cześć ", ];
/// Small words inside of family names.
#[rustfmt::skip]
const PARTICLES: &[&str] = &[
    "van", "von", "de", "der", "den", "da", "di", "do", "dos", "das", "del", "della", "la", "le", "ter", "ten",
    "zu", "bin", "al", "el", "y", "e", "du", "des", "af", "av",
];
/// Words of places and firms: what stands in front of them is no name.
#[rustfmt::skip]
const NOT_PEOPLE: &[&str] = &[
    "Street", "St", "Avenue", "Ave", "Road", "Rd", "Lane", "Drive", "Boulevard", "Blvd", "Court", "Place",
    "Square", "Park", "University", "College", "School", "Hospital", "Inc", "Corp", "Ltd", "LLC", "GmbH", "AG",
    "Bank", "Airport", "Bridge", "Foundation", "Institute", "Center", "Centre", "Hotel", "Museum", "Award",
    "Prize", "Stadium", "Island", "County", "Parkway", "Terrace", "Library", "Theatre", "Theater", "Chapel",
    "Church", "Straße", "Strasse", "Platz", "Weg", "Allee",
];

/// The lists of names.
#[derive(Debug)]
pub(crate) struct Names {
    given: List,
    family: List,
    /// Rarer given names: names only together with another word.
    more_given: List,
    /// Rarer family names: names only behind a given name, or where a name is expected.
    more_family: List,
    /// Given names that are also words or places.
    ambiguous: List,
    /// Capital words that are hardly ever family names of somebody named in front.
    common: List,
    /// The last words of what announces a name.
    cues: List,
    /// The last words of what announces an address.
    places: List,
}

struct Word<'t> {
    text: &'t str,
    end: usize,
}

impl Names {
    pub fn standard() -> Self {
        let list = |text: &'static str| text.split_whitespace().collect();
        Self {
            given: list(include_str!("../names/given.txt")),
            more_given: list(include_str!("../names/more_given.txt")),
            more_family: list(include_str!("../names/more_family.txt")),
            family: list(include_str!("../names/family.txt")),
            ambiguous: list(include_str!("../names/ambiguous.txt")),
            common: list(include_str!("../names/common.txt")),
            places: ANNOUNCED.iter().map(|words| last_word(words)).collect(),
            cues: TITLES
                .iter()
                .chain(GREETINGS)
                .copied()
                .chain(
                    INTRODUCTIONS
                        .iter()
                        .chain(HINTS)
                        .map(|words| last_word(words)),
                )
                .collect(),
        }
    }

    /// Whether the last word of a text can be the one in front of an address.
    pub fn may_precede_address(&self, behind: &str) -> bool {
        self.places.contains(last_word(behind))
    }

    /// Whether a word is a name of somebody.
    pub fn is_known(&self, word: &str) -> bool {
        [
            &self.given,
            &self.family,
            &self.more_given,
            &self.more_family,
        ]
        .iter()
        .any(|list| is_in(list, word))
    }

    /// The end of the name that begins at `at`.
    pub fn person(&self, window: &Window<'_>, at: usize) -> Option<usize> {
        let before = window.before(at);
        if matches!(
            before,
            b'_' | b'@' | b'/' | b'#' | b'.' | b'-' | b'\\' | b'$' | b'+' | b'%'
        ) || !window.word_starts(at)
        {
            return None;
        }
        let first = name_word(window, at)?;
        let usual = is_in(&self.given, first.text);
        let given = usual || is_in(&self.more_given, first.text);
        let cued = self.is_cued(window, at);
        let announced = cued && is_announced(window, at);
        let hinted = announced || cued && is_hinted(window, at);
        let pair = window.byte(first.end) == b' '
            && window
                .character(first.end + 1)
                .is_some_and(|c| c.is_uppercase() || c.is_lowercase());
        if !given && !announced && !pair {
            return None;
        }
        let common = self.common.contains(first.text);
        if !given
            && (common || TITLES.contains(&first.text))
            && !(announced && self.family.contains(first.text))
        {
            return None;
        }
        let end = self.full(window, &first, given, (announced, hinted));
        let end = match end {
            Some(end) => Some(end),
            None if announced && !common => Some(first.end),
            None => (usual
                && !self.ambiguous.contains(first.text)
                && is_inside(window, at)
                && may_stand_alone(window, first.end))
            .then_some(first.end),
        }?;
        (!matches!(window.byte(end), b'@' | b'_') && !is_place(window, end)).then_some(end)
    }

    /// Whether the word in front is the last one of what announces a name.
    fn is_cued(&self, window: &Window<'_>, at: usize) -> bool {
        self.cues.contains(last_word(window.behind(at, 24)))
    }

    /// Two and more words: given names, initials, particles, family names.
    fn full(
        &self,
        window: &Window<'_>,
        first: &Word<'_>,
        given: bool,
        (announced, hinted): (bool, bool),
    ) -> Option<usize> {
        let mut end = None;
        let mut at = first.end;
        let mut families = 0;
        for _ in 0..5 {
            if window.byte(at) != b' ' {
                break;
            }
            at += 1;
            if let Some(initial) = initial(window, at) {
                if families > 0 {
                    break;
                }
                at = initial;
                continue;
            }
            let particle = window.word_end(at);
            // Bart De Meyer.
            if given
                && [
                    "De", "Van", "Den", "Der", "Da", "Du", "Di", "Von", "Le", "La", "Del",
                ]
                .contains(&window.part(at, particle))
                && families < 2
                && is_followed(window, particle)
            {
                at = particle;
                continue;
            }
            if PARTICLES.contains(&window.part(at, particle))
                && families < 2
                && is_followed(window, particle)
            {
                at = particle;
                continue;
            }
            let Some(next) = name_word(window, at) else {
                break;
            };
            let family = is_in(&self.family, next.text);
            let rare = is_in(&self.more_family, next.text) && !self.common.contains(next.text);
            let middle = families == 0
                && (is_in(&self.given, next.text) || given && is_in(&self.more_given, next.text));
            let known = given && !self.ambiguous.contains(first.text);
            let fits = if families == 0 {
                family
                    || middle
                    || rare && (given || hinted)
                    || (announced || known)
                        && !self.common.contains(next.text)
                        && !NOT_PEOPLE.contains(&next.text)
            } else {
                (family || rare) && !self.common.contains(next.text)
            };
            if !fits || (!given && !family && !hinted && end.is_none()) {
                break;
            }
            families += usize::from(!middle || family);
            at = next.end;
            end = Some(at);
            if families == 2 {
                break;
            }
        }
        end
    }
}

/// Whether a name, or each part of a joined one, is in a list.
fn is_in(list: &List, name: &str) -> bool {
    list.contains(name)
        || name.split_once('-').is_some_and(|(one, other)| {
            list.contains(one)
                && (list.contains(other) || other.chars().next().is_some_and(char::is_uppercase))
        })
}

/// A name alone is none if a capital word follows that is no family name: it is part of some other name.
fn may_stand_alone(window: &Window<'_>, end: usize) -> bool {
    window.byte(end) != b' '
        || !window.character(end + 1).is_some_and(char::is_uppercase)
        || window.part(end + 1, end + 3) == "I "
}

/// A capital word with small letters: `Ann`, `O'Neill`, `Müller-Lüdenscheidt`.
fn name_word<'t>(window: &Window<'t>, at: usize) -> Option<Word<'t>> {
    let mut end = window.word_end(at);
    loop {
        let joint = match window.byte(end) {
            b'-' | b'\'' => 1,
            0xe2 if window.part(end, (end + 3).min(window.end())) == "’" => 3,
            _ => break,
        };
        if !window
            .character(end + joint)
            .is_some_and(char::is_uppercase)
        {
            break;
        }
        end = window.word_end(end + joint);
    }
    let text = window.part(at, end);
    let first = text.chars().next()?;
    let fits = first.is_uppercase()
        && text.len() <= 40
        && text.chars().any(char::is_lowercase)
        && !text.bytes().any(|b| b.is_ascii_digit());
    (fits && window.byte(end) != b'_').then_some(Word { text, end })
}

/// `J.`
fn initial(window: &Window<'_>, at: usize) -> Option<usize> {
    (window.byte(at).is_ascii_uppercase() && window.byte(at + 1) == b'.').then_some(at + 2)
}

fn is_followed(window: &Window<'_>, end: usize) -> bool {
    window.byte(end) == b' '
        && (window.character(end + 1).is_some_and(char::is_uppercase)
            || PARTICLES.contains(&window.part(end + 1, window.word_end(end + 1))))
}

/// Whether a title, a greeting or an introduction stands in front.
fn is_announced(window: &Window<'_>, at: usize) -> bool {
    let behind = window.behind(at, 24);
    if INTRODUCTIONS.iter().any(|words| behind.ends_with(words)) {
        return true;
    }
    let Some(rest) = behind
        .strip_suffix(' ')
        .or_else(|| behind.strip_suffix(",\n"))
    else {
        return false;
    };
    let bare = rest.strip_suffix('.').unwrap_or(rest);
    let word = bare
        .rsplit(|c: char| !(c.is_alphanumeric()))
        .next()
        .unwrap_or_default();
    TITLES.contains(&word) || (bare.len() == rest.len() && GREETINGS.contains(&word))
}

/// Whether a phrase stands in front behind which a name is likely.
fn is_hinted(window: &Window<'_>, at: usize) -> bool {
    let behind = window.behind(at, 24);
    HINTS.iter().any(|words| behind.ends_with(words))
}

/// Whether a sentence goes on in front: the capital letter then is a name's.
fn is_inside(window: &Window<'_>, at: usize) -> bool {
    let behind = window.behind(at, 12);
    let Some(rest) = behind.strip_suffix(' ') else {
        return false;
    };
    let word = rest.strip_suffix(',').unwrap_or(rest);
    let first = word
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .and_then(|word| word.chars().next());
    first.is_some_and(char::is_lowercase)
}

/// Whether a word for a place or a firm follows.
fn is_place(window: &Window<'_>, end: usize) -> bool {
    if window.byte(end) != b' ' || !window.character(end + 1).is_some_and(char::is_uppercase) {
        return false;
    }
    let next = window.part(end + 1, window.word_end(end + 1));
    NOT_PEOPLE.contains(&next)
}
