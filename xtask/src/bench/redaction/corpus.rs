//! Texts with values whose places are known.

use anyhow::Context as _;

use crate::bench::redaction::random::Random;
use crate::bench::redaction::value;

/// The files of the locales: lists behind the names of their lines.
const LOCALES: &[(&str, &str)] = &[
    ("en", include_str!("locales/en.txt")),
    ("us", include_str!("locales/us.txt")),
    ("de", include_str!("locales/de.txt")),
    ("fr", include_str!("locales/fr.txt")),
    ("es", include_str!("locales/es.txt")),
    ("it", include_str!("locales/it.txt")),
    ("nl", include_str!("locales/nl.txt")),
    ("pt", include_str!("locales/pt.txt")),
    ("pl", include_str!("locales/pl.txt")),
    ("sv", include_str!("locales/sv.txt")),
];
/// Sentences about machines.
const TECHNICAL: &str = include_str!("locales/technical.txt");
/// Sentences without anything to find.
const HARMLESS: &str = include_str!("locales/harmless.txt");

/// A value's place in characters, and its kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: String,
}

/// The texts, one behind the other with empty lines between them.
#[derive(Default)]
pub struct Corpus {
    pub text: String,
    pub spans: Vec<Span>,
    length: usize,
}

struct Locale {
    name: &'static str,
    text: &'static str,
}

impl Locale {
    /// The items of all lines with this name.
    fn list(&self, name: &str) -> anyhow::Result<Vec<&'static str>> {
        let items: Vec<&str> = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .flat_map(|items| items.split('|'))
            .collect();
        anyhow::ensure!(!items.is_empty(), "the locale {} has no {name}", self.name);
        Ok(items)
    }

    fn one(&self, name: &str, random: &mut Random) -> anyhow::Result<&'static str> {
        Ok(*random.pick(&self.list(name)?))
    }

    fn person(&self, random: &mut Random) -> anyhow::Result<String> {
        let mut name = String::new();
        for part in self.one("name", random)?.chars() {
            match part {
                'G' => name.push_str(self.one("given", random)?),
                'F' => name.push_str(self.one("family", random)?),
                '@' => name.push_str(&random.fill("@")),
                other => name.push(other),
            }
        }
        Ok(name)
    }

    fn email(&self, random: &mut Random) -> anyhow::Result<String> {
        let plain = |text: &str| -> String {
            let text = text.to_lowercase();
            text.chars().filter(char::is_ascii_alphanumeric).collect()
        };
        let given = plain(self.one("given", random)?);
        let family = plain(self.one("family", random)?);
        let joint = *random.pick(&[".", "_", "", "-"]);
        let number = random_number(random);
        let number = random.fill(number);
        let host = self.one("host", random)?;
        Ok(format!("{given}{joint}{family}{number}@{host}"))
    }

    fn address(&self, random: &mut Random) -> anyhow::Result<String> {
        let pattern = self.one("address", random)?.replace("\\n", "\n");
        let pattern = pattern.replace("STREET", self.one("street", random)?);
        let pattern = pattern.replace("PLACE", self.one("place", random)?);
        let pattern = pattern.replace("CODE", self.one("code", random)?);
        Ok(random.fill(&pattern))
    }

    fn birth(&self, random: &mut Random) -> anyhow::Result<String> {
        let (year, month, day) = (
            1940 + random.below(70),
            1 + random.below(12),
            1 + random.below(28),
        );
        let months = self.list("month")?;
        let pattern = self.one("date", random)?;
        Ok(pattern
            .replace("YYYY", &year.to_string())
            .replace("MMMM", months[month - 1])
            .replace("MM", &format!("{month:02}"))
            .replace("DD", &format!("{day:02}")))
    }
}

fn random_number(random: &mut Random) -> &'static str {
    if random.chance(25) { "##" } else { "" }
}

impl Corpus {
    /// The corpus of `seed` with so many texts.
    pub fn make(seed: u64, texts: usize) -> anyhow::Result<Self> {
        let mut random = Random::new(seed);
        let mut corpus = Self::default();
        let lines = |text: &'static str| -> Vec<&'static str> {
            text.lines().filter(|line| !line.is_empty()).collect()
        };
        let (technical, harmless) = (lines(TECHNICAL), lines(HARMLESS));
        for _ in 0..texts {
            let (name, text) = *random.pick(LOCALES);
            let locale = Locale { name, text };
            let template = match random.below(10) {
                0 | 1 => *random.pick(&technical),
                2 | 3 => *random.pick(&harmless),
                _ => locale.one("sentence", &mut random)?,
            };
            corpus.write(template, &locale, &mut random)?;
            corpus.push("\n\n\n");
        }
        Ok(corpus)
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }

    fn write(
        &mut self,
        template: &str,
        locale: &Locale,
        random: &mut Random,
    ) -> anyhow::Result<()> {
        let mut rest = template;
        while let Some((before, kind, behind)) = placeholder(rest) {
            self.push(&before.replace("\\n", "\n"));
            let value = made(kind, locale, random)?;
            let start = self.length;
            self.push(&value);
            if kind != "NUMBER" {
                self.spans.push(Span {
                    start,
                    end: self.length,
                    kind: kind.to_owned(),
                });
            }
            rest = behind;
        }
        self.push(&rest.replace("\\n", "\n"));
        Ok(())
    }
}

/// The first name of a kind in braces, with what stands on both sides of it. Other braces are text.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    for (open, _) in text.match_indices('{') {
        let close = text[open..].find('}')?;
        let kind = &text[open + 1..open + close];
        if !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
            return Some((&text[..open], kind, &text[open + close + 1..]));
        }
    }
    None
}

fn made(kind: &str, locale: &Locale, random: &mut Random) -> anyhow::Result<String> {
    Ok(match kind {
        "PERSON" => locale.person(random)?,
        "EMAIL" => locale.email(random)?,
        "PHONE" => {
            let pattern = locale.one("phone", random)?;
            random.fill(pattern)
        }
        "ADDRESS" => locale.address(random)?,
        "DATE_OF_BIRTH" => locale.birth(random)?,
        "IBAN" => {
            let form = locale.one("iban", random)?;
            let (country, pattern) = form.split_once(' ').context("an iban has a form")?;
            value::iban(random, country, pattern)
        }
        "NATIONAL_ID" => value::national(random, locale.name),
        "US_SSN" => value::ssn(random),
        "CREDIT_CARD" => value::card(random),
        "IP_ADDRESS" => value::address_of_machine(random),
        "API_KEY" => value::key(random),
        "JWT" => value::jwt(random),
        "SECRET" => value::secret(random),
        "CONNECTION_STRING" => value::connection(random),
        "URL_CREDENTIALS" => value::credentials(random),
        "PRIVATE_KEY" => value::pem(random),
        "NUMBER" => random.fill("%####"),
        other => anyhow::bail!("there is no kind {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::Corpus;

    #[test]
    fn a_seed_always_makes_the_same_texts_and_places_are_those_of_values() {
        let make = |seed| Corpus::make(seed, 400).expect("it can be made");
        let (one, other) = (make(7), make(7));
        assert_eq!(one.text, other.text);
        assert_ne!(one.text, make(8).text);
        let characters: Vec<char> = one.text.chars().collect();
        assert!(one.spans.len() > 300);
        for span in one.spans.iter().filter(|span| span.kind == "EMAIL") {
            let value: String = characters[span.start..span.end].iter().collect();
            assert!(value.contains('@'), "{value}");
        }
    }
}
