//! Valid values, each by its published rule.

use super::source::Source;

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub(super) const HEX: &str = "0123456789abcdef";
const URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn digit(text: &str, at: usize) -> i64 {
    i64::from(text.as_bytes()[at]) - 48
}

pub(super) fn remainder(text: &str, modulus: u64) -> u64 {
    text.bytes()
        .fold(0, |rest, b| (rest * 10 + u64::from(b) - 48) % modulus)
}

pub(super) fn luhn_digit(body: &str) -> i64 {
    let mut sum = 0;
    for (i, _) in body.bytes().enumerate() {
        let d = digit(body, body.len() - 1 - i);
        sum += if i % 2 == 0 {
            if d * 2 > 9 { d * 2 - 9 } else { d * 2 }
        } else {
            d
        };
    }
    (10 - sum % 10) % 10
}

pub(super) fn grouped(text: &str, sizes: &[usize], joint: &str) -> String {
    let mut at = 0;
    let parts: Vec<&str> = sizes
        .iter()
        .map(|n| {
            at += n;
            &text[at - n..at]
        })
        .collect();
    parts.join(joint)
}

pub(crate) fn card(s: &mut Source) -> String {
    let (prefix, length) = [
        ("4", 16),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("34", 15),
        ("37", 15),
        ("6011", 16),
        ("36", 14),
        ("3530", 16),
    ][usize::try_from(s.number() % 9).expect("an index")];
    let body = format!("{prefix}{}", s.digits(length - 1 - prefix.len()));
    let all = format!("{body}{}", luhn_digit(&body));
    let sizes: &[usize] = match length {
        16 => &[4, 4, 4, 4],
        15 => &[4, 6, 5],
        _ => &[4, 6, 4],
    };
    match s.number() % 4 {
        0 => grouped(&all, sizes, " "),
        1 => grouped(&all, sizes, "-"),
        _ => all,
    }
}

pub(crate) fn iban(s: &mut Source) -> String {
    let (country, bban) = match s.number() % 6 {
        0 => ("DE", s.digits(18)),
        1 => ("GB", s.shape("^^^^##############")),
        2 => ("FR", s.digits(23)),
        3 => ("NL", s.shape("^^^^##########")),
        4 => ("ES", s.digits(20)),
        _ => ("IT", s.shape("^######################")),
    };
    let numeric: String = format!("{bban}{country}00")
        .chars()
        .map(|c| c.to_digit(36).expect("a letter or digit").to_string())
        .collect();
    let all = format!("{country}{:02}{bban}", 98 - remainder(&numeric, 97));
    if s.chance(50) {
        let parts: Vec<String> = all
            .as_bytes()
            .chunks(4)
            .map(|c| String::from_utf8_lossy(c).into_owned())
            .collect();
        parts.join(" ")
    } else {
        all
    }
}

pub(crate) fn ssn(s: &mut Source) -> String {
    loop {
        let (area, group, serial) = (s.between(1, 899), s.between(1, 99), s.between(1, 9999));
        if area != 666 {
            return format!("{area:03}-{group:02}-{serial:04}");
        }
    }
}

pub(super) fn date(s: &mut Source) -> (u64, u64, u64) {
    (s.between(1940, 1999), s.between(1, 12), s.between(1, 28))
}

pub(crate) fn email(s: &mut Source) -> String {
    let user = s.pick(&[
        "j.smith",
        "maria_garcia",
        "info+orders",
        "x",
        "hans-peter.meier",
        "ops.team-7",
        "jörg.müller",
        "a.b.c",
    ]);
    let host = s.pick(&[
        "example.com",
        "mail.example.org",
        "firma-nord.de",
        "sub.domain.co.uk",
        "exämple.fr",
        "corp.io",
        "example.museum",
    ]);
    format!("{user}{}@{host}", s.between(0, 99))
}

/// A telephone number, and whether a word must name it.
pub(crate) fn phone(s: &mut Source) -> (bool, String) {
    let template = s.pick(&[
        "+1 (2##) 555-01##",
        "+1-312-555-####",
        "+44 20 7946 0###",
        "+44 7700 900###",
        "+49 30 901820##",
        "+49 (0)30 12345##",
        "+33 6 12 34 56 ##",
        "+34 612 34 56 ##",
        "+39 347 123 45##",
        "+91 98765 43###",
        "+55 11 91234-5###",
        "+48 601 234 5##",
        "+46 70-123 45 ##",
        "+81 90-1234-5###",
        "+86 138 1234 5###",
        "+61 412 345 6##",
        "(312) 555-01##",
        "312-555-01##",
        "1-800-555-0###",
        "020 7946 0###",
        "06 12 34 56 ##",
        "030 901820##",
        "+15551234###",
        "+4930901820##",
        "0151 234567##",
        "312.555.01##",
        "!55512345##",
        "!0171 2345###",
        "!612 345 6##",
        "!91234 5###",
    ]);
    let named = template.starts_with('!');
    (named, s.shape(template.trim_start_matches('!')))
}

pub(crate) fn ip(s: &mut Source) -> String {
    match s.number() % 4 {
        0 => format!(
            "2001:db8:{}:{}::{}",
            s.text(3, HEX),
            s.text(4, HEX),
            s.between(1, 99)
        ),
        1 => format!("fe80::{}:{}", s.text(4, HEX), s.text(3, HEX)),
        _ => format!(
            "{}.{}.{}.{}",
            s.between(1, 223),
            s.between(0, 255),
            s.between(0, 255),
            s.between(1, 254)
        ),
    }
}

pub(crate) fn api_key(s: &mut Source) -> String {
    match s.number() % 12 {
        0 => format!("sk-proj-{}", s.text(48, ALNUM)),
        1 => format!("sk-ant-api03-{}", s.text(60, URL)),
        2 => format!("AKIA{}", s.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
        3 => format!("AIza{}", s.text(35, URL)),
        4 => format!("ghp_{}", s.text(36, ALNUM)),
        5 => format!("github_pat_{}_{}", s.text(22, ALNUM), s.text(59, ALNUM)),
        6 => format!(
            "xoxb-{}-{}-{}",
            s.digits(12),
            s.digits(12),
            s.text(24, ALNUM)
        ),
        7 => format!("sk_live_{}", s.text(24, ALNUM)),
        8 => format!("AC{}", s.text(32, HEX)),
        9 => format!("SG.{}.{}", s.text(22, ALNUM), s.text(43, ALNUM)),
        10 => format!("glpat-{}", s.text(20, ALNUM)),
        _ => format!("hf_{}", s.text(34, ALNUM)),
    }
}

pub(crate) fn jwt(s: &mut Source) -> String {
    let payload = usize::try_from(s.between(30, 400)).expect("small");
    format!(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ{}.{}",
        s.text(payload, ALNUM),
        s.text(43, ALNUM)
    )
}

pub(crate) fn private_key(s: &mut Source) -> String {
    let kind = s.pick(&["RSA ", "EC ", "", "OPENSSH "]);
    let lines = s.between(2, 12);
    let alphabet = format!("{ALNUM}+/");
    let body: Vec<String> = (0..lines).map(|_| s.text(64, &alphabet)).collect();
    let body = body.join("\n");
    format!("-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----")
}

pub(crate) fn connection_string(s: &mut Source) -> String {
    let word = s.text(14, ALNUM);
    match s.number() % 5 {
        0 => format!("postgres://app:{word}@db.internal:5432/orders?sslmode=require"),
        1 => format!("mongodb+srv://svc:{word}@cluster0.ab1cd.mongodb.net/prod"),
        2 => format!("redis://default:{word}@cache-1.internal:6379/0"),
        3 => format!(
            "Server=tcp:sql1.internal,1433;Database=crm;User Id=app;Password={word};Encrypt=true;"
        ),
        _ => format!(
            "DefaultEndpointsProtocol=https;AccountName=store1;AccountKey={}==;EndpointSuffix=core.windows.net",
            s.text(86, ALNUM)
        ),
    }
}

pub(crate) fn password(s: &mut Source) -> String {
    match s.number() % 3 {
        0 => s.text(16, ALNUM),
        1 => format!(
            "{}{}!",
            s.pick(&["Summer", "Winter", "Tiger", "Dragon"]),
            s.between(1000, 9999)
        ),
        _ => format!(
            "{}#{}${}",
            s.text(4, ALNUM),
            s.text(4, ALNUM),
            s.text(4, ALNUM)
        ),
    }
}

pub(crate) fn person(s: &mut Source) -> String {
    // Names of the registers of births and of the commonest families; some of them are rare on purpose.
    let first = s.pick(&[
        "Oliver",
        "Hannah",
        "Mohammed",
        "Sofía",
        "Luca",
        "Chiara",
        "Jürgen",
        "Renate",
        "Amélie",
        "Thibault",
        "Priya",
        "Rajesh",
        "Agnieszka",
        "Paweł",
        "Linnea",
        "Björn",
        "Zoë",
        "Declan",
        "Ingrid",
        "Mateus",
        "Beatriz",
        "Kwame",
        "Yuki",
        "Elif",
        "Dmitri",
        "Sandra",
        "Kevin",
        "Patricia",
        "Noah",
        "Anna-Lena",
        "Wilhelmina",
        "Bartholomew",
        "Keisha",
        "Darnell",
        "Oksana",
        "Thandiwe",
    ]);
    let last = s.pick(&[
        "Walker",
        "Thornton",
        "Müller",
        "Schäfer-Koch",
        "García",
        "Fernández",
        "Rossi",
        "Bianchi",
        "Dubois",
        "Lefèvre",
        "Patel",
        "Sharma",
        "Kowalski",
        "Nowak",
        "Svensson",
        "O'Brien",
        "van Dijk",
        "de la Cruz",
        "Yılmaz",
        "Tanaka",
        "Nguyen",
        "Ivanova",
        "Mensah",
        "Silva",
        "Whitfield",
        "Abernathy",
        "Castellano",
        "Brandt",
        "Hawthorne",
        "MacLeod",
        "Popescu",
        "Horvat",
    ]);
    match s.number() % 8 {
        0 => format!("{first} {}. {last}", s.text(1, "ABCDEFGHJKLMNPRSTW")),
        _ => format!("{first} {last}"),
    }
}

pub(crate) fn address(s: &mut Source) -> String {
    let n = s.between(1, 240);
    match s.number() % 10 {
        0 => format!("{n} Oak Street"),
        1 => format!(
            "{n}{} Maple Avenue, Apt {}B, Springfield, IL {}",
            s.digits(1),
            s.between(1, 9),
            s.between(10_000, 99_999)
        ),
        2 => format!(
            "{n} High Road, London {}",
            s.shape("NW# #^^").replace('^', "D")
        ),
        3 => format!("Hauptstraße {n}, {} Berlin", s.between(10_115, 14_199)),
        4 => format!("Goethestr. {n}"),
        5 => format!(
            "{n} rue de la République, {} Lyon",
            s.between(69_001, 69_009)
        ),
        6 => format!("Calle de Alcalá, {n}"),
        7 => format!("Via Garibaldi {n}, {} Milano", s.between(20_121, 20_162)),
        8 => format!("Keizersgracht {n}, {} AB Amsterdam", s.between(1000, 1099)),
        _ => format!("{n} Washington Blvd, Suite {}", s.between(100, 900)),
    }
}

pub(crate) fn birth(s: &mut Source) -> String {
    let (year, month, day) = date(s);
    let name = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ][usize::try_from(month - 1).expect("small")];
    match s.number() % 6 {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{day:02}/{month:02}/{year}"),
        2 => format!("{day:02}.{month:02}.{year}"),
        3 => format!("{name} {day}, {year}"),
        4 => format!("{day} {name} {year}"),
        _ => format!("{month}/{day}/{year}"),
    }
}
