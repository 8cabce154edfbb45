//! Keys of services by their forms, JSON Web Tokens and PEM blocks.

use crate::Entity;
use crate::detector::context::says;
use crate::detector::{Best, Hit};
use crate::engine::tail::{Tail, is_base64url};
use crate::engine::window::Window;

/// What a key is made of behind its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// Letters and digits.
    Alnum,
    /// Those and `-` and `_`.
    Url,
    /// Those and `.`.
    Dotted,
    /// Capital letters and digits.
    Upper,
    /// Small hexadecimal digits.
    Hex,
}

/// Prefix, least and most characters behind it (0: any number), and of what. From the documentation of the services and
/// the public rules of secret scanners.
const PREFIXES: &[(&str, usize, usize, Made)] = &[
    ("sk-", 20, 0, Made::Url),
    ("sk_", 16, 0, Made::Url),
    ("pk-", 20, 0, Made::Url),
    ("pk_", 16, 0, Made::Url),
    ("rk_", 16, 0, Made::Url),
    ("rk-", 20, 0, Made::Url),
    ("whsec_", 24, 0, Made::Url),
    ("ghp_", 20, 0, Made::Alnum),
    ("gho_", 20, 0, Made::Alnum),
    ("ghu_", 20, 0, Made::Alnum),
    ("ghs_", 20, 0, Made::Alnum),
    ("ghr_", 20, 0, Made::Alnum),
    ("github_pat_", 20, 0, Made::Url),
    ("glpat-", 20, 0, Made::Dotted),
    ("gldt-", 20, 0, Made::Url),
    ("glrt-", 20, 0, Made::Url),
    ("AKIA", 16, 16, Made::Upper),
    ("ASIA", 16, 16, Made::Upper),
    ("AROA", 16, 17, Made::Upper),
    ("AIDA", 16, 17, Made::Upper),
    ("ABIA", 16, 16, Made::Upper),
    ("AIza", 35, 35, Made::Url),
    ("GOCSPX-", 20, 0, Made::Url),
    ("ya29.", 20, 0, Made::Dotted),
    ("xoxb-", 10, 0, Made::Url),
    ("xoxp-", 10, 0, Made::Url),
    ("xoxa-", 10, 0, Made::Url),
    ("xoxe-", 10, 0, Made::Url),
    ("xoxe.", 10, 0, Made::Dotted),
    ("xoxo-", 10, 0, Made::Url),
    ("xoxr-", 10, 0, Made::Url),
    ("xoxs-", 10, 0, Made::Url),
    ("xapp-", 10, 0, Made::Url),
    ("AC", 32, 32, Made::Hex),
    ("SK", 32, 32, Made::Hex),
    ("SG.", 40, 0, Made::Dotted),
    ("npm_", 30, 0, Made::Alnum),
    ("hf_", 30, 0, Made::Alnum),
    ("pypi-", 40, 0, Made::Url),
    ("dop_v1_", 40, 0, Made::Hex),
    ("doo_v1_", 40, 0, Made::Hex),
    ("dor_v1_", 40, 0, Made::Hex),
    ("shpat_", 20, 0, Made::Alnum),
    ("shpca_", 20, 0, Made::Alnum),
    ("shppa_", 20, 0, Made::Alnum),
    ("shpss_", 20, 0, Made::Alnum),
    ("sq0atp-", 20, 0, Made::Url),
    ("sq0csp-", 30, 0, Made::Url),
    ("key-", 32, 32, Made::Hex),
    ("dckr_pat_", 20, 0, Made::Url),
    ("r8_", 30, 0, Made::Alnum),
    ("gsk_", 30, 0, Made::Alnum),
    ("xai-", 30, 0, Made::Alnum),
    ("pplx-", 30, 0, Made::Alnum),
    ("nvapi-", 30, 0, Made::Url),
    ("lin_api_", 30, 0, Made::Alnum),
    ("ntn_", 30, 0, Made::Alnum),
    ("secret_", 40, 0, Made::Alnum),
    ("figd_", 30, 0, Made::Url),
    ("PMAK-", 30, 0, Made::Url),
    ("sntrys_", 30, 0, Made::Url),
    ("glsa_", 30, 0, Made::Url),
    ("glc_", 30, 0, Made::Alnum),
    ("hvs.", 20, 0, Made::Url),
    ("hvb.", 20, 0, Made::Url),
    ("ATATT3", 50, 0, Made::Url),
    ("dapi", 32, 34, Made::Hex),
    ("rubygems_", 40, 0, Made::Hex),
    ("sbp_", 40, 0, Made::Hex),
    ("CFPAT-", 40, 0, Made::Url),
    ("EAACEdEose0cBA", 20, 0, Made::Alnum),
    ("tskey-", 20, 0, Made::Url),
    ("NRAK-", 27, 27, Made::Upper),
    ("age-secret-key-1", 50, 0, Made::Alnum),
    ("AGE-SECRET-KEY-1", 50, 0, Made::Upper),
    ("phc_", 30, 0, Made::Alnum),
    ("fo1_", 30, 0, Made::Url),
    ("rnd_", 24, 0, Made::Alnum),
    ("co_", 36, 0, Made::Alnum),
    ("lsv2_", 30, 0, Made::Url),
    ("fw_", 20, 0, Made::Alnum),
    ("tgp_v1_", 30, 0, Made::Url),
];

/// The first two bytes of every prefix: what most words do not begin with is seen in one pass over these.
const HEADS: [[u8; 2]; PREFIXES.len()] = heads();

const fn heads() -> [[u8; 2]; PREFIXES.len()] {
    let mut heads = [[0; 2]; PREFIXES.len()];
    let mut i = 0;
    while i < PREFIXES.len() {
        let prefix = PREFIXES[i].0.as_bytes();
        heads[i] = [prefix[0], prefix[1]];
        i += 1;
    }
    heads
}

/// Characters of the shortest key with its prefix.
const SHORTEST: usize = 15;

/// Keys that begin at `at`, in the token that ends at `end`.
pub(crate) fn detect(window: &Window<'_>, at: usize, end: usize, best: &mut Best) {
    if end - at >= 8 && window.byte(end) == b':' {
        best.offer_end(Entity::ApiKey, at, telegram(window, at, end));
    }
    if end - at < SHORTEST {
        return;
    }
    jwt(window, at, best);
    prefixed(window, at, best);
    best.offer_end(Entity::ApiKey, at, mailchimp(window, at));
    best.offer_end(Entity::ApiKey, at, discord(window, at));
    if aws_secret(window, at) {
        best.offer_end(Entity::ApiKey, at, Some(at + 40));
    }
}

/// Keys with a prefix.
fn prefixed(window: &Window<'_>, at: usize, best: &mut Best) {
    let head = [window.byte(at), window.byte(at + 1)];
    // Without an early end this is a few instructions over many prefixes at once.
    if HEADS.iter().filter(|known| **known == head).count() == 0 {
        return;
    }
    let glued = !window.word_starts(at);
    for ((prefix, least, most, made), known) in PREFIXES.iter().zip(HEADS) {
        if known != head || !starts_with(window, at, prefix) {
            continue;
        }
        let from = at + prefix.len();
        let stop = window.run(from, |b| made.fits(b));
        let length = stop - from;
        if length < *least || (*most > 0 && length > *most) || !ends_whole(window, stop, *made) {
            continue;
        }
        // A prefix that is also an English word or part of one needs a key that no text could be.
        let value = window.part(from, stop);
        let one_piece = !glued && value.len() >= 20 && !value.contains(['-', '_']);
        if (glued || prefix.len() <= 3) && !one_piece && !is_random(value) {
            continue;
        }
        let mut hit = Hit::new(Entity::ApiKey, at, trimmed(window, from, stop));
        if *most == 0 {
            let (end, tail) = window.follow(Tail::Key, hit.end);
            if tail != Tail::Closed {
                (hit.end, hit.tail) = (end, tail);
            }
        }
        best.offer(hit);
    }
}

impl Made {
    fn fits(self, b: u8) -> bool {
        match self {
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Url => is_base64url(b),
            Self::Dotted => is_base64url(b) || b == b'.',
            Self::Upper => b.is_ascii_uppercase() || b.is_ascii_digit(),
            Self::Hex => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        }
    }
}

fn starts_with(window: &Window<'_>, at: usize, prefix: &str) -> bool {
    prefix
        .bytes()
        .enumerate()
        .all(|(i, b)| window.byte(at + i) == b)
}

fn ends_whole(window: &Window<'_>, at: usize, made: Made) -> bool {
    matches!(made, Made::Alnum | Made::Url | Made::Dotted)
        || !window.byte(at).is_ascii_alphanumeric()
}

/// Without points at the end, which belong to the sentence.
fn trimmed(window: &Window<'_>, from: usize, mut end: usize) -> usize {
    while end > from && window.byte(end - 1) == b'.' {
        end -= 1;
    }
    end
}

/// Whether a text of sixteen and more has digits and letters mixed as no words are.
fn is_random(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        run.len() >= 14
            && run.bytes().any(|b| b.is_ascii_digit())
            && run.bytes().any(|b| b.is_ascii_alphabetic())
    }) || (text.len() >= 20 && digits >= 4 && !text.contains('-'))
}

/// `123456789:AA…`: a bot's token.
fn telegram(window: &Window<'_>, at: usize, end: usize) -> Option<usize> {
    let id = window.part(at, end);
    if !(8..=10).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let stop = window.run(end + 1, is_base64url);
    (stop - end - 1 == 35).then_some(stop)
}

/// 32 hexadecimal digits and a data centre.
fn mailchimp(window: &Window<'_>, at: usize) -> Option<usize> {
    let hex = window.run(at, |b| Made::Hex.fits(b));
    if hex - at != 32 || !starts_with(window, hex, "-us") || !window.word_starts(at) {
        return None;
    }
    let end = window.run(hex + 3, |b| b.is_ascii_digit());
    (end > hex + 3).then_some(end)
}

/// A bot's token: three parts, of which the second has six characters.
fn discord(window: &Window<'_>, at: usize) -> Option<usize> {
    if !matches!(window.byte(at), b'M' | b'N' | b'O') || !window.word_starts(at) {
        return None;
    }
    let first = window.run(at, is_base64url);
    if !(23..=28).contains(&(first - at)) || window.byte(first) != b'.' {
        return None;
    }
    let second = window.run(first + 1, is_base64url);
    let third = window.run(second + 1, is_base64url);
    (second - first == 7 && window.byte(second) == b'.' && third - second > 27).then_some(third)
}

/// Forty characters of base64 behind a word that speaks of AWS and its secret.
fn aws_secret(window: &Window<'_>, at: usize) -> bool {
    let end = window.run(at, |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+')
    });
    end - at == 40
        && is_random(window.part(at, end))
        && says(
            window,
            at,
            &["aws", "aws_secret_access_key", "secretaccesskey"],
        )
}

/// `eyJ…`, a dot, and a second part.
fn jwt(window: &Window<'_>, at: usize, best: &mut Best) {
    if !starts_with(window, at, "eyJ") {
        return;
    }
    let header = window.run(at, is_base64url);
    let long = header >= window.end() && header - at > 200;
    let payload = window.run(header + 1, is_base64url);
    if long || (window.byte(header) == b'.' && header - at >= 11 && payload - header > 8) {
        let (end, tail) = window.follow(Tail::Jwt, at);
        best.offer(Hit {
            tail,
            ..Hit::new(Entity::Jwt, at, end)
        });
    }
}

/// `-----BEGIN … PRIVATE KEY-----` and everything up to its end line.
pub(crate) fn pem(window: &Window<'_>, at: usize, best: &mut Best) {
    if !starts_with(window, at, "-----BEGIN ") {
        return;
    }
    let from = at + "-----BEGIN ".len();
    let end = window.run(from, |b| {
        b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' '
    });
    let name = window.part(from, end);
    if end - from > 60 || !name.contains("PRIVATE KEY") || !starts_with(window, end, "-----") {
        return;
    }
    let (end, tail) = window.follow(Tail::Pem, end + 5);
    best.offer(Hit {
        tail,
        ..Hit::new(Entity::PrivateKey, at, end)
    });
}
