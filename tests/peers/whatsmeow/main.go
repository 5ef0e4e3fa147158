// whatsmeow as a peer of the tests: one client with its store in a file. Commands come in as lines of JSON, answers and
// everything the client reports go out the same way; the end of its input ends it, as abruptly as a crash.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	_ "modernc.org/sqlite"
)

// What a command may take, however the sandbox behaves.
const patience = 60 * time.Second

type request struct {
	Number int             `json:"number"`
	Call   string          `json:"call"`
	With   json.RawMessage `json:"with"`
}

type answer struct {
	Number int    `json:"number"`
	Result any    `json:"result,omitempty"`
	Error  string `json:"error,omitempty"`
}

// output writes one line at a time, whoever speaks.
type output struct {
	lock sync.Mutex
	json *json.Encoder
}

func (o *output) say(line any) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if err := o.json.Encode(line); err != nil {
		os.Exit(1) // Nobody listens any more.
	}
}

type peer struct {
	client *whatsmeow.Client
	store  *sqlstore.Container
	out    *output
	seen   mediaSeen
}

func open(address, certificate, noiseRoot, file string, out *output) (*peer, error) {
	root, err := hex.DecodeString(noiseRoot)
	if err != nil || len(root) != len(whatsmeow.WACertPubKey) {
		return nil, fmt.Errorf("--noise-root must be %d bytes in hex", len(whatsmeow.WACertPubKey))
	}
	copy(whatsmeow.WACertPubKey[:], root)
	web, err := dialing(address, certificate)
	if err != nil {
		return nil, err
	}
	log := &logger{out: out}
	dsn := "file:" + file + "?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate"
	container, err := sqlstore.New(context.Background(), "sqlite", dsn, log.Sub("store"))
	if err != nil {
		return nil, err
	}
	device, err := container.GetFirstDevice(context.Background())
	if err != nil {
		return nil, err
	}
	client := whatsmeow.NewClient(device, log.Sub("client"))
	client.SetWebsocketHTTPClient(web)
	client.SetPreLoginHTTPClient(web)
	client.SetMediaHTTPClient(web)
	p := &peer{client: client, store: container, out: out}
	client.AddEventHandler(p.report)
	return p, nil
}

func (p *peer) serve(line []byte) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		p.out.say(answer{Error: err.Error()})
		return
	}
	command, known := commands[asked.Call]
	if !known {
		p.out.say(answer{Number: asked.Number, Error: "unknown call " + asked.Call})
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	result, err := command(ctx, p, asked.With)
	if err != nil {
		p.out.say(answer{Number: asked.Number, Error: err.Error()})
		return
	}
	p.out.say(answer{Number: asked.Number, Result: result})
}

func main() {
	address := flag.String("server", "", "host:port that is dialled whatever the address in a URL is")
	certificate := flag.String("certificate", "", "PEM file with the certificate of that server")
	noiseRoot := flag.String("noise-root", "", "public key, in hex, that the certificates in the handshake lead to")
	file := flag.String("store", "", "SQLite file with the credentials; made if it does not exist")
	name := flag.String("system", "Strange System", "what the device calls itself")
	flag.Parse()
	store.SetOSInfo(*name, [3]uint32{1, 0, 0})

	out := &output{json: json.NewEncoder(os.Stdout)}
	os.Stdout = os.Stderr // The Signal library prints what it dislikes.
	p, err := open(*address, *certificate, *noiseRoot, *file, out)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	for input.Scan() {
		go p.serve(append([]byte(nil), input.Bytes()...))
	}
}
