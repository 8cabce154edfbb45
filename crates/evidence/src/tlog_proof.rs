//! Proof files (C2SP tlog-proof): an entry's place in a log, verifiable offline.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_core::Sha256Digest;

use crate::checkpoint::{Checkpoint, OpenError, OpenedCheckpoint, Trust};
use crate::checkpoint::{decode_hash, encode_hash, parse_decimal};
use crate::merkle::{ProofError, leaf_hash, verify_inclusion};
use crate::note::{MAX_NOTE_BYTES, NoteError, SignedNote};
use crate::tiles::MAX_ENTRY_BYTES;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 64-bit size has at most 64 levels.
const MAX_HASHES: usize = 64;

/// A proof file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Opaque bytes that nothing vouches for. Ours are the entry's canonical bytes, so that a proof needs no second file; they count only
    /// because the proof is about their hash.
    pub extra: Option<Vec<u8>>,
    /// The entry's index, from 0 (an audit entry's `seq` less 1).
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub hashes: Vec<Sha256Digest>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

/// Why a proof file proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// Not a proof file.
    #[error("not a tlog-proof file: {0}")]
    Malformed(&'static str),
    /// Neither is the entry given nor in the file.
    #[error("the proof does not carry the entry: give the entry's bytes too")]
    NoEntry,
    /// The checkpoint is not to be believed.
    #[error(transparent)]
    Checkpoint(#[from] OpenError),
    /// The entry is not where the proof says.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// A proof that carries its entry.
    #[must_use]
    pub fn new(
        entry: &[u8],
        index: u64,
        hashes: Vec<Sha256Digest>,
        checkpoint: &SignedNote,
    ) -> Self {
        Self {
            extra: Some(entry.to_vec()),
            index,
            hashes,
            checkpoint: checkpoint.to_string(),
        }
    }

    /// Reads a proof file, strictly. The checkpoint's signatures are not looked at.
    ///
    /// # Errors
    /// [`TlogProofError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        use TlogProofError::Malformed;
        // The base64 of the longest entry, 64 hashes and the longest note.
        if text.len() > MAX_NOTE_BYTES + MAX_ENTRY_BYTES * 2 {
            return Err(Malformed("it is too long"));
        }
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(Malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(Malformed("the first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| STANDARD.decode(&line["extra ".len()..]))
            .transpose()
            .map_err(|_| Malformed("the extra data is no base64"))?;
        let index = lines
            .next()
            .and_then(|line| line.strip_prefix("index "))
            .and_then(parse_decimal)
            .ok_or(Malformed("no line with the index"))?;
        let hashes = lines
            .map(|line| decode_hash(line).ok_or(Malformed("a line that is no hash")))
            .collect::<Result<Vec<_>, _>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(Malformed("more than 64 hashes"));
        }
        let note = SignedNote::parse(checkpoint).map_err(|error| match error {
            NoteError::Malformed(why) => Malformed(why),
            _ => Malformed("the checkpoint is no signed note"),
        })?;
        Checkpoint::parse(note.text())
            .map_err(|_| Malformed("the signed note is no checkpoint"))?;
        Ok(Self {
            extra,
            index,
            hashes,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Verifies that `entry`, or the entry in the file, is in the log one trusts.
    ///
    /// # Errors
    /// [`TlogProofError`] when it is not proven.
    pub fn verify(
        &self,
        entry: Option<&[u8]>,
        trust: &Trust,
    ) -> Result<OpenedCheckpoint, TlogProofError> {
        let entry = entry
            .or(self.extra.as_deref())
            .ok_or(TlogProofError::NoEntry)?;
        self.verify_leaf(&leaf_hash(entry), trust)
    }

    /// Verifies that the entry with this leaf hash is in the log one trusts.
    ///
    /// # Errors
    /// [`TlogProofError`] when it is not proven.
    pub fn verify_leaf(
        &self,
        leaf: &Sha256Digest,
        trust: &Trust,
    ) -> Result<OpenedCheckpoint, TlogProofError> {
        let opened = trust.open(&self.checkpoint)?;
        let (size, root) = (opened.checkpoint.size, &opened.checkpoint.root);
        verify_inclusion(leaf, self.index, size, &self.hashes, root)?;
        Ok(opened)
    }
}

/// The file's text.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", encode_hash(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use clasper_core::TenantId;
    use proptest::prelude::*;

    use super::*;
    use crate::checkpoint::LogOrigin;
    use crate::merkle::{Frontier, TileSet, Tree};
    use crate::note::{KeyKind, KeyPair, SigningKey};
    use crate::tiles::Tile;

    fn key() -> SigningKey {
        let pair = KeyPair::from_seed(&[1; 32]).expect("a seed");
        pair.named("log.example/audit/log/acme", KeyKind::Ed25519)
            .expect("a name")
    }

    fn proof(index: u64) -> TlogProof {
        let leaves: Vec<_> = (0..7_u8).map(|n| leaf_hash(&[n])).collect();
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.append(*leaf);
        }
        let mut tiles = TileSet::default();
        tiles.insert(Tile::new(0, 0, 7).expect("a tile"), leaves);
        let tenant = TenantId::new("acme").expect("a name");
        let origin = LogOrigin::new("log.example", &tenant).expect("a name");
        let checkpoint = Checkpoint::new(&origin, 7, frontier.root());
        let signed = checkpoint.sign(&[&key()]).expect("signed");
        let hashes = Tree::of_size(7).inclusion(index, &tiles).expect("in it");
        let entry = [u8::try_from(index).expect("small")];
        TlogProof::new(&entry, index, hashes, &signed)
    }

    #[test]
    fn a_proof_file_survives_its_text_and_proves_its_entry() {
        let trust = Trust::in_key(key().verifier().clone());
        for index in 0..7 {
            let proof = proof(index);
            let text = proof.to_string();
            assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "));
            assert_eq!(TlogProof::parse(&text), Ok(proof.clone()));
            assert!(proof.verify(None, &trust).is_ok());
            assert!(matches!(
                proof.verify(Some(b"another entry"), &trust),
                Err(TlogProofError::Inclusion(_))
            ));
        }
        let mut bare = proof(3);
        bare.extra = None;
        assert_eq!(bare.verify(None, &trust), Err(TlogProofError::NoEntry));
        assert!(bare.verify(Some(&[3]), &trust).is_ok());
        assert_eq!(TlogProof::parse(&bare.to_string()), Ok(bare));
    }

    #[test]
    fn a_proof_is_not_believed_without_the_pinned_key() {
        let thief = KeyPair::from_seed(&[2; 32]).expect("a seed");
        let thief = thief.named(key().verifier().name(), KeyKind::Ed25519);
        let trust = Trust::in_key(thief.expect("a name").verifier().clone());
        assert!(matches!(
            proof(0).verify(None, &trust),
            Err(TlogProofError::Checkpoint(_))
        ));
    }

    #[test]
    fn malformed_files_are_refused() {
        let good = proof(2).to_string();
        for (from, to) in [
            ("@v1", "@v2"),
            ("index 2", "index 02"),
            ("index 2", "index -2"),
            ("index 2\n", ""),
            ("extra ", "extra  "),
            ("extra ", "Extra "),
            ("\n\n", "\n"),
            ("\n\n", "\nAAAA\n\n"),
            ("\n\n", "\n\n\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert!(TlogProof::parse(&bad).is_err(), "{from:?} to {to:?}");
        }
        for end in 0..good.len() {
            if good.is_char_boundary(end) {
                assert!(TlogProof::parse(&good[..end]).is_err(), "cut at {end}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_changed_byte_of_a_proof_is_noticed(place in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let trust = Trust::in_key(key().verifier().clone());
            let mut bytes = proof(4).to_string().into_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            let believed = String::from_utf8(bytes).ok()
                .and_then(|text| TlogProof::parse(&text).ok())
                .and_then(|proof| proof.verify(None, &trust).ok());
            prop_assert_eq!(believed, None);
        }
    }
}
