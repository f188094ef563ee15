// Foreign reads a log of Inland with code that nobody here wrote: Go's own sumdb packages and the proof
// format of transparency-dev. It knows the public formats only (C2SP tlog-tiles, signed-note,
// tlog-checkpoint, tlog-proof).
//
//	foreign log DIR VKEY [OLDER-CHECKPOINT]   every record and tile under the signed root; growth since
//	foreign proof FILE VKEY RECORD-FILE       an inclusion proof
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted")
}

func run(args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "log":
		return checkLog(args[1], args[2], args[3:])
	case len(args) == 4 && args[0] == "proof":
		return checkProof(args[1], args[2], args[3])
	}
	return fmt.Errorf("log DIR VKEY [OLDER] | proof FILE VKEY RECORD")
}

// open verifies a signed note and reads its checkpoint.
func open(text []byte, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	hash, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(hash) != tlog.HashSize {
		return tree, fmt.Errorf("not a root: %q", lines[2])
	}
	copy(tree.Hash[:], hash)
	return tree, nil
}

// tiles reads C2SP tile paths: Go's are of every height and name it first.
type tiles string

func (tiles) Height() int                     { return height }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (directory tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		bytes, err := directory.read("tile/"+strings.TrimPrefix(tile.Path(), "tile/8/"), tile.W*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

// read takes a partial file, or the start of the full one that took over.
func (directory tiles) read(path string, bytes int) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(directory), path))
	if full, _, partial := strings.Cut(path, ".p/"); os.IsNotExist(err) && partial {
		data, err = os.ReadFile(filepath.Join(string(directory), full))
	}
	if err == nil && bytes >= 0 && len(data) > bytes {
		data = data[:bytes]
	}
	return data, err
}

func checkLog(directory, vkey string, older []string) error {
	text, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(text, vkey)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles(directory))
	if err := checkEntries(tiles(directory), tree, reader); err != nil {
		return err
	}
	for _, path := range older {
		if err := checkGrowth(path, vkey, tree, reader); err != nil {
			return err
		}
	}
	return nil
}

// checkEntries holds every record against its leaf hash, which the reader proves up to the root.
func checkEntries(directory tiles, tree tlog.Tree, reader tlog.HashReader) error {
	for first := int64(0); first < tree.N; first += 256 {
		width := min(256, tree.N-first)
		path := strings.Replace(tlog.Tile{H: height, L: 0, N: first / 256, W: int(width)}.Path(), "tile/8/0/", "tile/entries/", 1)
		bundle, err := directory.read(path, -1)
		if err != nil {
			return err
		}
		for index := first; index < first+width; index++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("record %d is cut short", index)
			}
			record := bundle[2 : 2+int(binary.BigEndian.Uint16(bundle))]
			bundle = bundle[2+len(record):]
			signed, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
			if err != nil {
				return err
			}
			if tlog.RecordHash(record) != signed[0] {
				return fmt.Errorf("record %d is not the one in the tree", index)
			}
		}
	}
	return nil
}

// checkGrowth proves that the tree continues an older checkpoint.
func checkGrowth(path, vkey string, tree tlog.Tree, reader tlog.HashReader) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	older, err := open(text, vkey)
	if err != nil {
		return err
	}
	if older.N > tree.N {
		return fmt.Errorf("rolled back: %d records were signed, %d are there", older.N, tree.N)
	}
	grown, err := tlog.ProveTree(tree.N, older.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(grown, tree.N, tree.Hash, older.N, older.Hash)
}

func checkProof(path, vkey, recordPath string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	record, err := os.ReadFile(recordPath)
	if err != nil {
		return err
	}
	var read proof.TLogProof
	if err := read.Unmarshal(text); err != nil {
		return err
	}
	tree, err := open(read.Checkpoint, vkey)
	if err != nil {
		return err
	}
	var beside tlog.RecordProof
	for _, hash := range read.Hashes {
		beside = append(beside, tlog.Hash(hash))
	}
	return tlog.CheckRecord(beside, tree.N, tree.Hash, int64(read.Index), tlog.RecordHash(record))
}
