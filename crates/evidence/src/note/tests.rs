//! Notes of Go's own tests, of the Go checksum database and of the specifications.

use proptest::prelude::*;

use super::*;
use crate::note::KeyPair;

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
/// The private key that Go's tests publish.
const PETER_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_LINE: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
const SUMDB: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

fn key(text: &str) -> VerifierKey {
    text.parse().expect("a key")
}

fn peter() -> SigningKey {
    let bytes = STANDARD.decode(PETER_SEED).expect("base64");
    let pair = KeyPair::from_seed(bytes[1..].try_into().expect("32 bytes")).expect("a seed");
    pair.named("PeterNeumann", KeyKind::Ed25519)
        .expect("a name")
}

#[test]
fn the_note_of_gos_tests_is_made_byte_for_byte() {
    let mut note = SignedNote::new(TEXT).expect("a text");
    note.sign(&peter()).expect("an Ed25519 key");
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_LINE}"));
    assert_eq!(peter().verifier(), &key(PETER));
}

#[test]
fn known_signatures_are_verified_and_unknown_ones_ignored() {
    let text = format!("{TEXT}\n{PETER_LINE}{ENOCH_LINE}");
    let note = SignedNote::parse(&text).expect("a note");
    assert_eq!(note.to_string(), text);
    assert_eq!(note.verify(&[key(PETER)]).expect("signed").len(), 1);
    let both = note.verify(&[key(ENOCH), key(PETER)]).expect("signed");
    assert_eq!(both.len(), 2);
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));
    assert_eq!(note.verify(&[key(SUMDB)]), Err(NoteError::Unsigned));
}

/// A real checkpoint of the Go checksum database.
#[test]
fn a_checkpoint_of_the_go_checksum_database_is_verified() {
    let text = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let note = SignedNote::parse(text).expect("a note");
    assert_eq!(note.verify(&[key(SUMDB)]).expect("signed").len(), 1);
    let other = SignedNote::parse(&text.replacen("20852163", "20852164", 1)).expect("a note");
    let forged = NoteError::Forged {
        name: "sum.golang.org".into(),
    };
    assert_eq!(other.verify(&[key(SUMDB)]), Err(forged));
}

#[test]
fn the_cosignature_of_the_specifications_example_has_its_time() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = SignedNote::parse(text).expect("a note");
    let [signature] = note.signatures() else {
        panic!("one signature")
    };
    assert_eq!(signature.key_id, 0x8d66_cf3f);
    assert_eq!(signature.bytes.len(), 72);
    assert_eq!(signature.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    // The message is laid out as the specification shows it.
    assert_eq!(
        cosigned_message(note.text(), 1_679_315_147),
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    );
}

#[test]
fn a_witness_cosigns_and_a_changed_time_or_text_is_noticed() {
    let pair = KeyPair::from_seed(&[9; 32]).expect("a seed");
    let witness = pair
        .named("witness.example", KeyKind::CosignatureV1)
        .expect("a name");
    let mut note = SignedNote::new(TEXT).expect("a text");
    assert!(note.sign(&witness).is_err());
    note.sign(&peter()).expect("a log key");
    let mut cosigned = note.clone();
    cosigned.cosign(&witness, 1_700_000_000).expect("a witness");
    let keys = [key(PETER), witness.verifier().clone()];
    let verified = cosigned.verify(&keys).expect("signed");
    assert_eq!(verified[1].cosigned_at, Some(1_700_000_000));
    let lines = cosigned.to_string();
    let line = lines.lines().last().expect("a line").to_owned() + "\n";
    let mut merged = note.clone();
    merged
        .add_cosignatures(&line, witness.verifier())
        .expect("its own line");
    assert_eq!(merged, cosigned);
    assert!(note.add_cosignatures(&line, &key(ENOCH)).is_err());
    cosigned.signatures[1].bytes[7] ^= 1;
    assert!(matches!(
        cosigned.verify(&keys),
        Err(NoteError::Forged { .. })
    ));
}

#[test]
fn a_second_signature_of_one_key_counts_once() {
    let note = SignedNote::parse(&format!("{TEXT}\n{PETER_LINE}{PETER_LINE}")).expect("a note");
    assert_eq!(note.verify(&[key(PETER)]).expect("signed").len(), 1);
}

#[test]
fn malformed_notes_are_refused() {
    let bare = PETER_LINE.trim_end();
    for bad in [
        String::new(),
        TEXT.into(),
        format!("{TEXT}\n"),
        format!("\n{PETER_LINE}"),
        format!("\n\n{PETER_LINE}"),
        format!("{TEXT}\n{bare}"),
        format!("\u{1}{TEXT}\n{PETER_LINE}"),
        format!("{TEXT}\r\n\n{PETER_LINE}"),
        format!("{TEXT}\n— Bad Name x08go/ZJ\n"),
        format!("{TEXT}\n— Name x08go!!!\n"),
        format!("{TEXT}\n— Name x08goA==\n\n"),
        format!("{TEXT}\n- Name x08go/ZJ\n"),
        format!("{TEXT}\n— Name x08goA\n"),
        format!("{TEXT}\n{PETER_LINE}Unexpected line.\n"),
        format!("{TEXT}\n{}", PETER_LINE.repeat(65)),
    ] {
        assert!(
            matches!(SignedNote::parse(&bad), Err(NoteError::Malformed(_))),
            "{bad:?}"
        );
    }
}

proptest! {
    #[test]
    fn what_parses_is_written_back_the_same(noise in ".*", lines in prop::collection::vec("(— )?[a-z ]{0,3} [A-Za-z0-9+/]{0,12}=?", 0..4)) {
        let text = format!("{noise}\n\n{}\n", lines.join("\n"));
        if let Ok(note) = SignedNote::parse(&text) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}
