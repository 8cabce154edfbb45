//! Sentences around values, with the places of the values.

use super::source::Source;
use super::{harmless, national, values};

/// A text and what is in it: entity, first character, character behind the last.
pub(crate) struct Sample {
    pub text: String,
    pub spans: Vec<(String, usize, usize)>,
}

const FILLER: &[&str] = &[
    "The deployment went well and nobody complained. ",
    "Please have a look when you can. ",
    "Wir melden uns morgen bei Ihnen. ",
    "Merci de votre réponse rapide. ",
    "Gracias por la información. ",
    "Il pacco è arrivato ieri. ",
    "On Monday the United States team joined. ",
    "Der Bericht liegt im Ordner Projekte. ",
    "The API returned 404 twice. ",
    "See the Quick Start Guide first. ",
    "",
    "Obrigado pela ajuda. ",
    "Bedankt voor uw bericht. ",
    "New York and San Francisco are far apart. ",
    "The Board of Directors met in March 2024. ",
];

pub(crate) fn sample(s: &mut Source) -> Sample {
    let mut sample = Sample {
        text: String::new(),
        spans: Vec::new(),
    };
    for _ in 0..s.between(1, 3) {
        sample.text.push_str(s.pick(FILLER));
        if s.chance(30) {
            let harmless = harmless::harmless(s);
            let template = s.pick(&[
                "We saw {} in the log. ",
                "Siehe {} im Protokoll. ",
                "It is {}, as before. ",
                "Voir {} pour le détail. ",
            ]);
            sample.text.push_str(&template.replace("{}", &harmless));
        } else {
            sentence(s, &mut sample);
        }
    }
    sample
}

#[expect(clippy::too_many_lines, reason = "a table with one arm for each kind")]
fn sentence(s: &mut Source, sample: &mut Sample) {
    let (entity, template, value) = match s.number() % 17 {
        0 => (
            "EMAIL",
            s.pick(&[
                "Write to {} today. ",
                "Contact: <{}>. ",
                "Meine Adresse ist {}, danke. ",
                "mailto:{} ",
                "(Cc {}) ",
            ])
            .to_owned(),
            values::email(s),
        ),
        1 => {
            let (named, value) = values::phone(s);
            let template = if named {
                s.pick(&[
                    "Call me at {} please. ",
                    "Phone: {}. ",
                    "Telefon {}, abends. ",
                    "Tél. {} le matin. ",
                    "mobile {} ",
                ])
            } else {
                s.pick(&[
                    "Call me at {} please. ",
                    "You can reach us: {}. ",
                    "Das Büro hat {}, abends. ",
                    "Appelez le {} demain. ",
                    "Office ({}) ",
                ])
            };
            ("PHONE", template.to_owned(), value)
        }
        2 => (
            "CREDIT_CARD",
            s.pick(&[
                "Charge {} for it. ",
                "My card is {}, exp 12/27. ",
                "Karte: {}. ",
                "paid with {} ",
            ])
            .to_owned(),
            values::card(s),
        ),
        3 => (
            "IBAN",
            s.pick(&[
                "Transfer it to {}. ",
                "IBAN: {} ",
                "Bitte auf {} überweisen. ",
                "Le compte {} est fermé. ",
            ])
            .to_owned(),
            values::iban(s),
        ),
        4 => (
            "US_SSN",
            s.pick(&[
                "My SSN is {}. ",
                "social security number {} ",
                "He gave {} on the form. ",
            ])
            .to_owned(),
            values::ssn(s),
        ),
        5 | 6 => {
            let (word, value) = national::national(s);
            let template = s.pick(&[
                "My % is {}. ",
                "%: {} ",
                "The form asks for the %, which is {}, twice. ",
            ]);
            ("NATIONAL_ID", template.replace('%', word), value)
        }
        7 => (
            "IP_ADDRESS",
            s.pick(&[
                "Request from {} blocked. ",
                "ping {} failed. ",
                "host {}, port 80. ",
            ])
            .to_owned(),
            values::ip(s),
        ),
        8 => {
            let word = values::password(s).replace(['#', '$'], "x");
            (
                "URL_CREDENTIALS",
                s.pick(&[
                    "Clone https://{}@git.example.com/repo.git now. ",
                    "proxy http://{}@proxy.internal:8080 ",
                ])
                .to_owned(),
                format!("deploy:{word}"),
            )
        }
        9 => (
            "API_KEY",
            s.pick(&[
                "The key {} leaked. ",
                "export OPENAI_API_KEY={}\n",
                "{\"apiKey\": \"{}\"} ",
                "use `{}` here. ",
            ])
            .to_owned(),
            values::api_key(s),
        ),
        10 => (
            "JWT",
            s.pick(&[
                "Authorization: Bearer {} ",
                "The token {} expired. ",
                "jwt={}; path=/ ",
            ])
            .to_owned(),
            values::jwt(s),
        ),
        11 => (
            "PRIVATE_KEY",
            s.pick(&["Here it is:\n{}\nKeep it. ", "{}\n"]).to_owned(),
            values::private_key(s),
        ),
        12 => (
            "CONNECTION_STRING",
            s.pick(&[
                "DATABASE_URL={}\n",
                "It connects to \"{}\" now. ",
                "Use {} in tests. ",
            ])
            .to_owned(),
            values::connection_string(s),
        ),
        13 => (
            "SECRET",
            s.pick(&[
                "password: {} ",
                "DB_PASSWORD={}\n",
                "{\"password\": \"{}\"} ",
                "The password is {} for now. ",
            ])
            .to_owned(),
            values::password(s),
        ),
        14 => (
            "PERSON",
            s.pick(&[
                "My name is {} and I need help. ",
                "Yesterday {} called about it. ",
                "Frau {} hat unterschrieben. ",
                "The report by {} is late. ",
                "Dear {}, thanks. ",
                "Je suis avec {} demain. ",
                "{} will join the meeting. ",
            ])
            .to_owned(),
            values::person(s),
        ),
        15 => (
            "ADDRESS",
            s.pick(&[
                "I live at {}. ",
                "Ship it to {} please. ",
                "Die Adresse ist {}. ",
                "Adresse : {} ",
            ])
            .to_owned(),
            values::address(s),
        ),
        _ => (
            "DATE_OF_BIRTH",
            s.pick(&[
                "She was born on {}. ",
                "Date of birth: {} ",
                "DOB {}. ",
                "geboren am {}, ledig. ",
                "né le {} à Lyon. ",
                "Fecha de nacimiento: {} ",
            ])
            .to_owned(),
            values::birth(s),
        ),
    };
    let (before, after) = template.rsplit_once("{}").expect("a place for the value");
    sample.text.push_str(before);
    let start = sample.text.chars().count();
    sample.text.push_str(&value);
    sample
        .spans
        .push((entity.to_owned(), start, sample.text.chars().count()));
    sample.text.push_str(after);
}
