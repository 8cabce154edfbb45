//! Seeded choices.

/// A small generator of numbers (splitmix64).
pub(crate) struct Source(u64);

impl Source {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `from` to `to`, both included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.number() % (to - from + 1)
    }

    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = self.number() % of.len() as u64;
        of[usize::try_from(at).expect("an index")]
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.number() % 100 < percent
    }

    pub fn digits(&mut self, count: usize) -> String {
        self.text(count, "0123456789")
    }

    pub fn text(&mut self, count: usize, alphabet: &str) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..count)
            .map(|_| {
                letters[usize::try_from(self.number() % letters.len() as u64).expect("an index")]
            })
            .collect()
    }

    /// The template with `#` as digits, `?` as small letters and `^` as capitals.
    pub fn shape(&mut self, template: &str) -> String {
        template
            .chars()
            .map(|c| match c {
                '#' => self.digits(1),
                '?' => self.text(1, "abcdefghijklmnopqrstuvwxyz"),
                '^' => self.text(1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                other => other.to_string(),
            })
            .collect()
    }
}
