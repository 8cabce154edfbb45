//! Against the definition of RFC 9162 written down literally, and against the known answers of the Certificate Transparency projects.

use std::convert::Infallible;

use clasper_core::Sha256Digest;
use proptest::prelude::*;

use super::*;
use crate::tiles::{TILE_WIDTH, Tile};

fn leaves(count: u64) -> Vec<Sha256Digest> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

fn split(count: usize) -> usize {
    let mut k = 1;
    while k * 2 < count {
        k *= 2;
    }
    k
}

/// MTH(D[n]).
fn naive_root(leaves: &[Sha256Digest]) -> Sha256Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH(m, D[n]).
fn naive_path(index: usize, leaves: &[Sha256Digest]) -> Vec<Sha256Digest> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if index < k {
        [naive_path(index, left), vec![naive_root(right)]].concat()
    } else {
        [naive_path(index - k, right), vec![naive_root(left)]].concat()
    }
}

/// SUBPROOF(m, D[n], b).
fn naive_subproof(from: usize, leaves: &[Sha256Digest], known: bool) -> Vec<Sha256Digest> {
    if from == leaves.len() {
        return if known {
            Vec::new()
        } else {
            vec![naive_root(leaves)]
        };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if from <= k {
        [naive_subproof(from, left, known), vec![naive_root(right)]].concat()
    } else {
        let below = naive_subproof(from - k, right, false);
        [below, vec![naive_root(left)]].concat()
    }
}

/// Tiles made on demand from all leaves.
struct FromLeaves<'a>(&'a [Sha256Digest]);

impl TileReader for FromLeaves<'_> {
    type Error = Infallible;

    fn read_tile(&self, tile: Tile) -> Result<Vec<Sha256Digest>, Infallible> {
        let span = usize::from(TILE_WIDTH).pow(u32::from(tile.level()));
        let first = usize::try_from(tile.index()).expect("small") * usize::from(TILE_WIDTH);
        Ok((first..first + usize::from(tile.width()))
            .map(|n| naive_root(&self.0[n * span..(n + 1) * span]))
            .collect())
    }
}

fn fetched(reader: &impl TileReader<Error = Infallible>, tiles: Vec<Tile>) -> TileSet {
    let mut set = TileSet::default();
    for tile in tiles {
        let Ok(hashes) = reader.read_tile(tile);
        set.insert(tile, hashes);
    }
    set
}

fn hex(text: &str) -> Sha256Digest {
    text.parse().expect("a digest")
}

/// The reference data of the Certificate Transparency projects (`transparency-dev/merkle`, testonly).
#[test]
fn the_known_roots_of_the_reference_leaves_come_out() {
    let inputs: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(frontier.root(), hex(empty));
    for (input, root) in inputs.into_iter().zip(roots) {
        frontier.append(leaf_hash(input));
        assert_eq!(frontier.root(), hex(root));
    }
}

#[test]
fn roots_and_inclusion_proofs_of_every_size_up_to_300_follow_the_definition() {
    let all = leaves(300);
    let mut frontier = Frontier::default();
    for size in 0..=300_u64 {
        let some = &all[..usize::try_from(size).expect("small")];
        let (tree, reader) = (Tree::of_size(size), FromLeaves(some));
        let root = naive_root(some);
        assert_eq!(frontier.root(), root, "size {size}");
        assert_eq!(tree.root(&reader), Ok(root));
        let from_plan = fetched(&reader, tree.root_tiles());
        assert_eq!(tree.frontier(&from_plan), Ok(frontier.clone()));
        // Every leaf of small trees, some of larger ones.
        for index in (0..size).step_by(if size < 34 { 1 } else { 67 }) {
            let place = usize::try_from(index).expect("small");
            let from_plan = fetched(&reader, tree.inclusion_tiles(index));
            let proof = tree.inclusion(index, &from_plan).expect("in the tree");
            assert_eq!(proof, naive_path(place, some), "leaf {index} of {size}");
            assert_eq!(
                verify_inclusion(&some[place], index, size, &proof, &root),
                Ok(())
            );
            assert!(verify_inclusion(&some[place], index + 1, size, &proof, &root).is_err());
            if let Some(shorter) = proof.get(1..) {
                assert!(verify_inclusion(&some[place], index, size, shorter, &root).is_err());
            }
        }
        if size < 300 {
            frontier.append(all[some.len()]);
        }
    }
}

#[test]
fn consistency_of_all_pairs_up_to_64_follows_the_definition() {
    let all = leaves(64);
    let root = |size: u64| naive_root(&all[..usize::try_from(size).expect("small")]);
    for to in 0..=64_u64 {
        let some = &all[..usize::try_from(to).expect("small")];
        let (tree, reader) = (Tree::of_size(to), FromLeaves(some));
        for from in 0..=to {
            let from_plan = fetched(&reader, tree.consistency_tiles(from));
            let proof = tree.consistency(from, &from_plan).expect("in the tree");
            if from > 0 {
                let place = usize::try_from(from).expect("small");
                assert_eq!(proof, naive_subproof(place, some, true), "{from} to {to}");
            }
            let check = |old: &Sha256Digest, new: &Sha256Digest, proof: &[Sha256Digest]| {
                verify_consistency((from, old), (to, new), proof)
            };
            assert_eq!(
                check(&root(from), &root(to), &proof),
                Ok(()),
                "{from} to {to}"
            );
            let other = leaf_hash(b"another tree");
            assert!(check(&other, &root(to), &proof).is_err(), "{from} to {to}");
            if from > 0 {
                assert!(
                    check(&root(from), &other, &proof).is_err(),
                    "{from} to {to}"
                );
            }
            let longer = [proof.clone(), vec![other]].concat();
            assert!(check(&root(from), &root(to), &longer).is_err());
        }
        assert!(tree.consistency(to + 1, &reader).is_err());
    }
}

#[test]
fn a_proof_from_a_huge_tree_reads_few_tiles() {
    let tree = Tree::of_size(10_000_000);
    for index in [0, 1, 255, 256, 65_535, 5_000_000, 9_999_999] {
        assert!(tree.inclusion_tiles(index).len() <= 6, "leaf {index}");
        assert!(tree.consistency_tiles(index + 1).len() <= 6, "from {index}");
    }
    assert!(tree.root_tiles().len() <= 3);
}

#[test]
fn a_missing_or_short_tile_is_an_error_and_no_wrong_proof() {
    let tree = Tree::of_size(300);
    assert!(matches!(
        tree.inclusion(7, &TileSet::default()),
        Err(ReadError::Short { .. })
    ));
    assert_eq!(
        tree.inclusion(300, &TileSet::default()),
        Err(ReadError::Beyond {
            asked: 300,
            size: 300
        })
    );
}

#[test]
fn an_edge_with_the_wrong_number_of_hashes_is_refused() {
    assert!(Frontier::from_nodes(3, leaves(2)).is_ok());
    assert!(Frontier::from_nodes(3, leaves(1)).is_err());
    assert!(Frontier::from_nodes(0, leaves(1)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn random_trees_prove_every_leaf_and_every_older_tree(size in 300_u64..1500, a in 0.0..1.0, b in 0.0..1.0) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "picks a place")]
        let pick = |share: f64| (share * size as f64) as u64;
        let all = leaves(size);
        let (tree, reader) = (Tree::of_size(size), FromLeaves(&all));
        let root = naive_root(&all);
        let (index, from) = (pick(a), pick(b));
        let (place, old) = (usize::try_from(index).expect("small"), usize::try_from(from).expect("small"));
        let proof = tree.inclusion(index, &reader).expect("in the tree");
        prop_assert_eq!(&proof, &naive_path(place, &all));
        prop_assert_eq!(verify_inclusion(&all[place], index, size, &proof, &root), Ok(()));
        let proof = tree.consistency(from, &reader).expect("in the tree");
        let older = naive_root(&all[..old]);
        prop_assert_eq!(verify_consistency((from, &older), (size, &root), &proof), Ok(()));
    }

    #[test]
    fn no_proof_of_random_hashes_is_believed_and_none_panics(
        index in any::<u64>(), from in any::<u64>(), size in any::<u64>(),
        hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<_> = hashes.into_iter().map(Sha256Digest::from_bytes).collect();
        let (old, new) = (leaf_hash(b"a"), leaf_hash(b"b"));
        prop_assert!(verify_inclusion(&old, index, size, &proof, &new).is_err());
        prop_assert!(verify_consistency((from, &old), (size, &new), &proof).is_err());
    }
}
