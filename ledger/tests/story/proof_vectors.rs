//! `tests/vectors/proof-1.json`: what `docs/verification.md` describes, in bytes, for verifiers in other languages. The ledger is that
//! of `format-1.json`; larger trees are made of plain numbers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use dean_ledger::Ledger;
use dean_ledger::proof::merkle::{Span, consistency_path, inclusion_path, join};
use dean_ledger::proof::{Checkpoint, ConsistencyProof, SealedTree, SigningKey, TileName};
use dean_ledger::tree::{Hash, leaf_hash, node_hash};
use serde_json::{Value, json};

use crate::format::history;
use crate::on_both_databases;
use crate::support::Place;

on_both_databases!(proofs_are_those_of_the_vectors);

/// Secret to nobody.
const SEED: [u8; 32] = [0x2a; 32];

async fn proofs_are_those_of_the_vectors(place: Place) {
    let ledger = history(&place).await;
    let mut tree = ledger.sealed_tree(0).await.expect("a tree");
    let key = SigningKey::from_seed(SEED);
    let origin = ledger.origin();
    let mut checkpoints = Vec::new();
    for size in [2, 5, 7] {
        let root = tree.root_at(size).await.expect("a root");
        let checkpoint = Checkpoint {
            origin: origin.clone(),
            size,
            root,
        };
        checkpoints.push(json!({
            "size": size, "root": hex::encode(root), "text": checkpoint.to_string(), "note": checkpoint.sign(&key),
        }));
    }
    let note = checkpoints[2]["note"].as_str().expect("a text").to_owned();
    let proof = ledger.prove_event(1, &note, true).await.expect("proven").to_string();
    let mut tiles = Vec::new();
    for path in ["0/000.p/7", "0/000.p/5", "entries/000.p/7"] {
        let tile = tree
            .tile(path.parse::<TileName>().expect("a name"))
            .await
            .expect("read");
        tiles.push(json!({"path": format!("/tile/{path}"), "bytes": hex::encode(tile.expect("there"))}));
    }
    let made = json!({
        "about": "Test vectors of docs/verification.md. Ledger: that of format-1.json. Bytes and hashes in hexadecimal.",
        "key": {"seed": hex::encode(SEED), "pem": key.to_pem().as_str(), "verifier_key": key.verifier(&origin).to_string()},
        "checkpoints": checkpoints,
        "inclusion": inclusions(&mut tree).await,
        "consistency": consistencies(&mut tree).await,
        "tiles": tiles,
        "event_proof": proof,
        "consistency_proofs": consistency_proofs(&ledger, &key).await,
        "trees_of_numbers": trees_of_numbers(),
        "refused_notes": refused_notes(&note, &key, &origin),
        "refused_event_proofs": refused_event_proofs(&proof, &note),
        "refused_consistency_proofs": refused_consistency_proofs(&ledger, &key).await,
    });
    let made = format!("{}\n", serde_json::to_string_pretty(&made).expect("JSON"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/proof-1.json");
    if made != std::fs::read_to_string(path).unwrap_or_default() {
        let aside = concat!(env!("CARGO_TARGET_TMPDIR"), "/proof-1.json");
        std::fs::write(aside, made).expect("written");
        panic!(
            "{path} has other vectors than those made now, which are in {aside}: what was proven once must stay proven"
        );
    }
}

fn hexes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}

async fn inclusions(tree: &mut SealedTree) -> Vec<Value> {
    let mut made = Vec::new();
    for (index, size) in (0..7).map(|index| (index, 7)).chain([(0, 1), (4, 5), (2, 5)]) {
        let hashes = tree.inclusion(index, size).await.expect("a proof");
        made.push(json!({
            "index": index, "size": size, "leaf_hash": hex::encode(tree.leaf(index).await.expect("a leaf")),
            "root": hex::encode(tree.root_at(size).await.expect("a root")), "hashes": hexes(&hashes),
        }));
    }
    made
}

async fn consistencies(tree: &mut SealedTree) -> Vec<Value> {
    let mut made = Vec::new();
    for (from, to) in (0..=7).map(|from| (from, 7)).chain([(2, 5), (1, 2), (4, 4)]) {
        let hashes = tree.consistency(from, to).await.expect("a proof");
        let root = async |tree: &mut SealedTree, size| hex::encode(tree.root_at(size).await.expect("a root"));
        made.push(json!({
            "from": from, "to": to, "from_root": root(tree, from).await, "to_root": root(tree, to).await, "hashes": hexes(&hashes),
        }));
    }
    made
}

/// Leaf n is the decimal number n in ASCII.
fn trees_of_numbers() -> Value {
    fn perfect(height: u32, index: u64) -> Hash {
        match height {
            0 => leaf_hash(index.to_string().as_bytes()),
            _ => node_hash(&perfect(height - 1, 2 * index), &perfect(height - 1, 2 * index + 1)),
        }
    }
    let hash = |span: &Span| {
        join(
            &span
                .parts()
                .iter()
                .map(|node| perfect(node.height, node.index))
                .collect::<Vec<_>>(),
        )
    };
    let hashes = |path: Vec<Span>| hexes(&path.iter().map(hash).collect::<Vec<_>>());
    let root = |size| hex::encode(hash(&Span(0..size)));
    let inclusion = [
        (0, 256),
        (255, 256),
        (256, 257),
        (300, 1_000),
        (69_999, 70_000),
        (65_535, 70_000),
    ]
    .map(|(index, size)| {
        let path = inclusion_path(index, size).expect("inside");
        json!({"index": index, "size": size, "root": root(size), "hashes": hashes(path)})
    });
    let consistency = [(255, 256), (256, 257), (256, 1_000), (65_536, 70_000), (1_000, 70_000)].map(|(from, to)| {
        let path = consistency_path(from, to).expect("inside");
        json!({"from": from, "to": to, "from_root": root(from), "to_root": root(to), "hashes": hashes(path)})
    });
    json!({"about": "leaf n is the decimal number n in ASCII", "inclusion": inclusion, "consistency": consistency})
}

/// Notes that the verifier key must not accept.
fn refused_notes(note: &str, key: &SigningKey, origin: &str) -> Vec<Value> {
    let text = note.split_once("\n\n").expect("signed").0.to_owned() + "\n";
    let other = SigningKey::from_seed([0x2b; 32]);
    let forged_id = {
        let line = other
            .sign(origin, &text)
            .rsplit_once(' ')
            .expect("a signature")
            .1
            .trim_end()
            .to_owned();
        let ours = note.rsplit_once(' ').expect("a signature").1.trim_end().to_owned();
        let (mut forged, ours) = (
            BASE64.decode(line).expect("base64"),
            BASE64.decode(ours).expect("base64"),
        );
        forged[..4].copy_from_slice(&ours[..4]);
        format!("{text}\n— {origin} {}\n", BASE64.encode(forged))
    };
    let cases = [
        ("the size was altered", note.replace("\n7\n", "\n8\n")),
        ("the origin was altered", note.replacen("dean/0194", "dean/0195", 1)),
        ("signed by another key of the same name", other.sign(origin, &text)),
        ("signed by another key under our key's id", forged_id),
        (
            "signed by the right key under another name",
            key.sign("dean/other", &text),
        ),
        ("the signature is missing", format!("{text}\n")),
        ("CR at the line ends", note.replace('\n', "\r\n")),
        (
            "an extension line was added after signing",
            note.replacen("\n\n", "\nextension\n\n", 1),
        ),
    ];
    cases
        .map(|(why, note)| {
            let error = Checkpoint::open(&note, &[key.verifier(origin)]).expect_err(why);
            assert!(!error.to_string().is_empty());
            json!({"why": why, "note": note})
        })
        .to_vec()
}

/// Files that prove nothing.
fn refused_event_proofs(proof: &str, note: &str) -> Vec<Value> {
    let line = proof.lines().nth(1).expect("extra").to_owned();
    let event = BASE64
        .decode(line.strip_prefix("extra ").expect("extra"))
        .expect("base64");
    let event: Value = serde_json::from_slice(&event).expect("JSON");
    let with = |part: &str, text: String| {
        let mut event = event.clone();
        *event.pointer_mut(part).expect("there") = text.into();
        proof.replace(&line, &format!("extra {}", BASE64.encode(event.to_string())))
    };
    let text = |part: &str| event.pointer(part).and_then(Value::as_str).expect("a text").to_owned();
    let hash = proof.lines().nth(3).expect("a hash").to_owned();
    let cases = [
        (
            "the header was altered",
            with("/header", text("/header").replace("u1", "u2")),
        ),
        (
            "the payload was altered",
            with("/payload", text("/payload").replace("350000000", "350000001")),
        ),
        (
            "the personal part was altered",
            with("/personal/content", text("/personal/content").replace("Pháo", "Phán")),
        ),
        ("the index is another's", proof.replace("index 0", "index 1")),
        ("a hash is missing", proof.replacen(&format!("{hash}\n"), "", 1)),
        (
            "a hash stands twice",
            proof.replacen(&hash, &format!("{hash}\n{hash}"), 1),
        ),
        (
            "the checkpoint was altered",
            proof.replace(note, &note.replace("\n7\n", "\n8\n")),
        ),
    ];
    let key = SigningKey::from_seed(SEED);
    let keys = [key.verifier(&Checkpoint::read_unverified(note).expect("a checkpoint").origin)];
    cases
        .map(|(why, file)| {
            let refused = dean_ledger::proof::EventProof::parse(&file).and_then(|proof| proof.verify(&keys));
            refused.expect_err(why);
            json!({"why": why, "file": file})
        })
        .to_vec()
}

async fn signed(ledger: &Ledger, key: &SigningKey, size: u64) -> Checkpoint {
    let mut tree = ledger.sealed_tree(0).await.expect("a tree");
    let checkpoint = Checkpoint {
        origin: ledger.origin(),
        size,
        root: tree.root_at(size).await.expect("a root"),
    };
    assert!(Checkpoint::open(&checkpoint.sign(key), &[key.verifier(&checkpoint.origin)]).is_ok());
    checkpoint
}

/// The earlier checkpoint as the ledger has it, and as of another history: at a power of two, where the proof leaves its root out, and at
/// another size, and at the same one.
async fn consistency_proofs(ledger: &Ledger, key: &SigningKey) -> Vec<Value> {
    let mut made = Vec::new();
    for (from, to) in [(0, 5), (2, 7), (4, 7), (5, 7), (7, 7)] {
        let (honest, later) = (signed(ledger, key, from).await, signed(ledger, key, to).await);
        let forged = Checkpoint {
            root: [0x2a; 32],
            ..honest.clone()
        };
        for (earlier, contradict) in [(&honest, false), (&forged, true)] {
            let proof = ledger
                .prove_consistency(&earlier.sign(key), &later.sign(key))
                .await
                .expect("proven");
            let compared = proof.verify(&[key.verifier(&later.origin)]).expect("it proves");
            assert_eq!(compared.contradict, contradict);
            made.push(json!({"from": from, "to": to, "contradict": contradict, "file": proof.to_string()}));
        }
    }
    made
}

/// Files that show nothing.
async fn refused_consistency_proofs(ledger: &Ledger, key: &SigningKey) -> Vec<Value> {
    let (earlier, later) = (signed(ledger, key, 5).await, signed(ledger, key, 7).await);
    let (from, to) = (earlier.sign(key), later.sign(key));
    let file = ledger.prove_consistency(&from, &to).await.expect("proven").to_string();
    let lines: Vec<&str> = file.lines().collect();
    let other = Checkpoint {
        origin: "dean/other".to_owned(),
        ..earlier
    };
    let swapped = file.replace(&format!("\n{from}\n{to}"), &format!("\n{to}\n{from}"));
    assert_ne!(swapped, file);
    let root = format!("root {}", BASE64.encode([0x2a; 32]));
    let cases = [
        ("a hash is missing", file.replacen(&format!("{}\n", lines[2]), "", 1)),
        (
            "a hash stands twice",
            file.replacen(lines[2], &format!("{0}\n{0}", lines[2]), 1),
        ),
        ("the root is another", file.replacen(lines[1], &root, 1)),
        ("the earlier checkpoint was altered", file.replacen("\n5\n", "\n4\n", 1)),
        ("the later checkpoint was altered", file.replacen("\n7\n", "\n8\n", 1)),
        ("the later checkpoint comes first", swapped),
        (
            "the earlier checkpoint is another ledger's",
            file.replacen(&from, &other.sign(key), 1),
        ),
        ("a checkpoint is missing", file.replacen(&format!("\n{from}"), "", 1)),
    ];
    let keys = [key.verifier(&later.origin), key.verifier("dean/other")];
    cases
        .map(|(why, file)| {
            let shown = ConsistencyProof::parse(&file).and_then(|proof| proof.verify(&keys));
            shown.expect_err(why);
            json!({"why": why, "file": file})
        })
        .to_vec()
}
