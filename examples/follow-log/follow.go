// Follow is a stock reader of Clasper's audit logs: the Go project's own packages for signed notes and tiled transparency logs
// (golang.org/x/mod/sumdb/note and tlog, those of the Go checksum database) and nothing of Clasper's.
//
//	follow -url http://127.0.0.1:8081 -tenant acme -key VKEY [-header 'Authorization: Bearer …'] [-state FILE]
//	follow -key VKEY -proof ENTRY.tlog-proof
//
// The first form reads the log's checkpoint and opens it with the pinned key, proves by tiles that the log continues the checkpoint
// kept in FILE, reads every entry, compares each with the authenticated tree, and keeps the new checkpoint. The second verifies a
// proof file. Exit code: 0 it holds, 1 it does not.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// height of C2SP tlog-tiles.
const height = 8

func main() {
	base := flag.String("url", "", "where the server listens")
	tenant := flag.String("tenant", "", "whose log")
	key := flag.String("key", "", "the log's verifier key, from somewhere else than the log")
	header := flag.String("header", "", "a header with a credential, 'Name: value'")
	state := flag.String("state", "", "the checkpoint kept from the last time")
	proof := flag.String("proof", "", "a proof file")
	flag.Parse()
	verifier, err := note.NewVerifier(*key)
	if err == nil && *proof != "" {
		err = checkProof(*proof, verifier)
	} else if err == nil {
		log := &server{base: *base + "/audit/log/" + url.PathEscape(*tenant) + "/", header: *header}
		err = follow(log, verifier, *state)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "follow:", err)
		os.Exit(1)
	}
}

// open returns the tree that a signed checkpoint says.
func open(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	var tree tlog.Tree
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("the checkpoint is not one of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func follow(log *server, verifier note.Verifier, state string) error {
	signed, err := log.get("checkpoint")
	if err != nil {
		return err
	}
	tree, err := open(signed, verifier)
	if err != nil {
		return err
	}
	hashes := tlog.TileHashReader(tree, log)
	if kept, err := os.ReadFile(state); err == nil {
		older, err := open(kept, verifier)
		if err != nil {
			return fmt.Errorf("the kept checkpoint: %w", err)
		}
		grown, err := tlog.ProveTree(tree.N, older.N, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(grown, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("the log does not continue the one of %d entries: %w", older.N, err)
		}
		fmt.Printf("%d entries continue the %d of the last time\n", tree.N, older.N)
	}
	for first := int64(0); first < tree.N; first += 1 << height {
		if err := compare(log, tree, hashes, first); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d entries make the signed tree\n", verifier.Name(), tree.N)
	if state == "" {
		return nil
	}
	return os.WriteFile(state, signed, 0o600)
}

// compare reads the entries from first on that lie under one tile and compares each with the authenticated tree.
func compare(log *server, tree tlog.Tree, hashes tlog.HashReader, first int64) error {
	tile := tlog.TileForIndex(height, tlog.StoredHashIndex(0, first))
	tile.W = 1 << height
	if rest := tree.N - first; rest < 1<<height {
		tile.W = int(rest)
	}
	bundle, err := log.get(strings.Replace(path(tile), "tile/0/", "tile/entries/", 1))
	if err != nil {
		return err
	}
	for n := first; n < first+int64(tile.W); n++ {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("the entry bundle ends before entry %d", n+1)
		}
		length := int(binary.BigEndian.Uint16(bundle))
		entry := bundle[2 : 2+length]
		bundle = bundle[2+length:]
		stored, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		if tlog.RecordHash(entry) != stored[0] {
			return fmt.Errorf("first bad entry: %d", n+1)
		}
	}
	if len(bundle) > 0 {
		return errors.New("the entry bundle is longer than its tile")
	}
	return nil
}

// path is where C2SP tlog-tiles has a tile: without the height, which is always 8.
func path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// server reads a log over HTTP, as tlog.TileReader wants it.
type server struct {
	base, header string
	kept         map[string][]byte
}

func (s *server) Height() int { return height }

func (s *server) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	if s.kept == nil {
		s.kept = map[string][]byte{}
	}
	for i, tile := range tiles {
		s.kept[tile.Path()] = data[i]
	}
}

func (s *server) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, kept := s.kept[tile.Path()]
		if !kept {
			var err error
			if data, err = s.get(path(tile)); err != nil {
				return nil, err
			}
		}
		all = append(all, data)
	}
	return all, nil
}

func (s *server) get(path string) ([]byte, error) {
	request, err := http.NewRequest("GET", s.base+path, nil)
	if err != nil {
		return nil, err
	}
	if name, value, ok := strings.Cut(s.header, ":"); ok {
		request.Header.Set(name, strings.TrimSpace(value))
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return body, err
}

// checkProof verifies a C2SP tlog-proof file that carries its entry.
func checkProof(file string, verifier note.Verifier) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, signed, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof file that carries its entry")
	}
	if !strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return errors.New("the proof lacks its entry or its index")
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := open(signed, verifier)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("entry %d of %d in %s: %s\n", index+1, tree.N, verifier.Name(), entry)
	return nil
}
