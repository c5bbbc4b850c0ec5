//! Against the specification's own examples and an independent implementation.

use signed_note::{Note as TheirNote, StandardVerifier, VerifierList};

use super::*;
use crate::proof::SigningKey;

/// The example of C2SP signed-note, "Verifier keys".
const SPECIFIED_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPECIFIED_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn specified_key() -> VerifierKey {
    SPECIFIED_KEY.parse().expect("the specification's key")
}

#[test]
fn the_specifications_example_verifies() {
    let key = specified_key();
    assert_eq!(key.to_string(), SPECIFIED_KEY);
    let note = Note::parse(SPECIFIED_NOTE).expect("the specification's note");
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify(std::slice::from_ref(&key)), Ok(vec![&key]));
    let altered = SPECIFIED_NOTE.replace("an example", "no example");
    let altered = Note::parse(&altered).expect("well-formed");
    assert!(matches!(altered.verify(&[key]), Err(NoteError::WrongSignature { .. })));
}

#[test]
fn others_verify_what_we_sign() {
    let key = SigningKey::from_seed([7; 32]);
    let text = "dean/one\nsecond line\n\nafter an empty line\n";
    let note = key.sign("dean/one", text);
    let verifier = StandardVerifier::new(&key.verifier("dean/one").to_string()).expect("our key is one to them");
    let theirs = TheirNote::from_bytes(note.as_bytes()).expect("our note is one to them");
    let (verified, unverified) = theirs
        .verify(&VerifierList::new(vec![Box::new(verifier)]))
        .expect("our signature holds for them");
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    assert_eq!(theirs.text(), text.as_bytes());
}

#[test]
fn foreign_signatures_are_passed_over_but_one_must_be_known() {
    let (ours, theirs) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let text = "text\n";
    let foreign_line = theirs
        .sign("witness", text)
        .rsplit_once("\n\n")
        .expect("signed")
        .1
        .to_owned();
    let both = ours.sign("log", text) + &foreign_line;
    let note = Note::parse(&both).expect("well-formed");
    assert_eq!(note.verify(&[ours.verifier("log")]).expect("signed").len(), 1);
    assert_eq!(
        note.verify(&[ours.verifier("log"), theirs.verifier("witness")])
            .expect("signed")
            .len(),
        2
    );
    let error = note.verify(&[theirs.verifier("log")]).expect_err("has not signed");
    assert!(
        matches!(&error, NoteError::UnknownSigners { found } if found.contains("log+")),
        "{error}"
    );
    // The same key under another name is another key: a checkpoint of one log says nothing of another.
    assert!(note.verify(&[ours.verifier("witness")]).is_err());
}

#[test]
fn malformed_notes_and_keys_are_refused() {
    let good = SPECIFIED_NOTE;
    let long = format!("{}\n{good}", "x".repeat(NOTE_BYTES_MAX));
    for (malformed, why) in [
        ("", "empty"),
        (good.trim_end(), "no newline at the end"),
        (&good.replace('\n', "\r\n"), "CR"),
        (&good.replace("— ", "- "), "a plain hyphen"),
        (&good.replace("\n\n", "\n"), "no empty line"),
        (&good.replace("=\n", "\n"), "no padding"),
        (&good.replace("/foo ", "/f+o "), "a plus in the name"),
        (&good.replace("/foo Uw", "/foo  Uw"), "two spaces"),
        ("text\n\n— name AAAAAA==\n", "no signature after the id"),
        ("text\n\n\n", "no signature line"),
        (&long, "too long"),
    ] {
        assert!(Note::parse(malformed).is_err(), "{why}");
    }
    for malformed in [
        "",
        "name",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ] {
        let error = malformed.parse::<VerifierKey>().expect_err(malformed);
        assert!(error.to_string().contains("is no verifier key"), "{error}");
    }
    // A point of small order verifies signatures that nobody made.
    assert!(VerifierKey::from_bytes("x", &[0; 32]).is_err());
}
