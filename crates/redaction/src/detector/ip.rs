//! Addresses of the Internet protocol.

use std::net::Ipv6Addr;

use crate::Entity;
use crate::detector::Best;
use crate::detector::context::says;
use crate::engine::window::Window;

/// Characters of the longest IPv6 address.
const LONGEST: usize = 45;

pub(crate) fn detect(window: &Window<'_>, at: usize, best: &mut Best) {
    let first = window.byte(at);
    // Far more words than addresses come here.
    if !(first.is_ascii_hexdigit() || first == b':') || !window.word_starts(at) {
        return;
    }
    if first.is_ascii_digit() {
        best.offer_end(Entity::IpAddress, at, version_4(window, at));
    }
    best.offer_end(Entity::IpAddress, at, version_6(window, at));
}

fn version_4(window: &Window<'_>, at: usize) -> Option<usize> {
    let mut end = at;
    for part in 0..4 {
        let from = end;
        end = window.run(from, |b| b.is_ascii_digit());
        let octet = window.part(from, end);
        if octet.is_empty()
            || octet.len() > 3
            || octet.parse::<u8>().is_err()
            || (octet.len() > 1 && octet.starts_with('0'))
        {
            return None;
        }
        if part < 3 {
            if window.byte(end) != b'.' {
                return None;
            }
            end += 1;
        }
    }
    let before = window.before(at);
    let continues =
        matches!(before, b'.' | b'-' | b'_') && at >= 2 && window.byte(at - 2).is_ascii_digit();
    let goes_on = window.byte(end) == b'.' && window.byte(end + 1).is_ascii_digit();
    let version = before == b'_'
        || says(
            window,
            at,
            &[
                "version", "ver", "v", "release", "build", "firmware", "section", "chapter",
                "upgrade", "upgraded", "bumped",
            ],
        );
    let glued = !window.word_ends(end) || goes_on || window.byte(end) == b'_';
    (!continues && !glued && !version && before != b'+').then_some(end)
}

fn version_6(window: &Window<'_>, at: usize) -> Option<usize> {
    if !window.byte(at).is_ascii_hexdigit() && window.byte(at) != b':' {
        return None;
    }
    // Far more words than addresses come here: an address has a colon within five characters.
    let group = window.run(at, |b| b.is_ascii_hexdigit());
    if group - at > 4
        || window.byte(group) != b':'
        || matches!(window.before(at), b':' | b'.' | b'/')
    {
        return None;
    }
    let mut end = window.run(at, |b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    if end - at > LONGEST {
        return None;
    }
    let mut text = window.part(at, end);
    while let Some(shorter) = text
        .strip_suffix('.')
        .or_else(|| text.strip_suffix(':').filter(|s| !s.ends_with(':')))
    {
        text = shorter;
        end -= 1;
    }
    let colons = text.bytes().filter(|b| *b == b':').count();
    let groups = text.split(':').filter(|g| !g.is_empty()).count();
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    // `a::b` is also a path in a program.
    let plausible = text == "::1"
        || digits
            && colons >= 2
            && (groups >= 3
                || text.starts_with("fe80")
                || text.starts_with("2001")
                || text.starts_with("fd") && text.len() > 5);
    (plausible && window.word_ends(end) && text.parse::<Ipv6Addr>().is_ok()).then_some(end)
}
