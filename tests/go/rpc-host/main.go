// A go-plugin host over net/rpc: starts a plugin, makes one call, prints what came back or the error, and shuts it down.
//
//	rpc-host [-tls] [-log] [-name NAME] [-first WAY] [-call CALL] [-kill-after TIME] PLUGIN [ARGUMENT…]
//	rpc-host [-tls] [-log] -hang PLUGIN
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	wire "../rpc"
)

var (
	tls       = flag.Bool("tls", false, "turn AutoMTLS on")
	log       = flag.Bool("log", false, "write go-plugin's log, and in it what the plugin logs, to stderr")
	name      = flag.String("name", "a", "dispense the plugin of this `NAME`")
	call      = flag.String("call", "hello", "hello NAME, echo BYTES, fail TEXT, sum START NUMBER…, many CALLS, sleep MILLIS, die HOW, mirror, tag KEY=VALUE…, count, keep KEY VALUE, fill MIB, none, or ping")
	first     = flag.String("first", "", "before, have the plugin die in this `WAY`, and print what comes of it")
	hang      = flag.Bool("hang", false, "call nothing: print the `PID` of the plugin, and keep it until stdin ends")
	killAfter = flag.Duration("kill-after", 0, "kill the plugin this long after the call has begun")
)

func main() {
	flag.Parse()
	reply, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if reply != "" {
		fmt.Println(reply)
	}
}

func run() (string, error) {
	output := io.Discard
	if *log {
		output = os.Stderr
	}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig: wire.Handshake,
		Plugins:         plugin.PluginSet{*name: wire.Plugins["a"]},
		Cmd:             exec.Command(flag.Arg(0)),
		AutoMTLS:        *tls,
		SyncStdout:      printed{},
		SyncStderr:      os.Stderr,
		Logger:          hclog.New(&hclog.LoggerOptions{Name: "host", Level: hclog.Trace, Output: output}),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		return "", err
	}
	if *call == "ping" {
		return "pong", protocol.Ping()
	}
	dispensed, err := protocol.Dispense(*name)
	if err != nil {
		return "", err
	}
	pid := client.ReattachConfig().Pid
	if *hang {
		fmt.Println(pid)
		_, err := io.Copy(io.Discard, os.Stdin)
		return "", err
	}
	if *killAfter > 0 {
		time.AfterFunc(*killAfter, func() { syscall.Kill(pid, syscall.SIGKILL) })
	}
	remote := dispensed.(*rpc.Client)
	if *first != "" {
		var none interface{}
		if err := remote.Call("Plugin.Die", *first, &none); err != nil {
			fmt.Println(err)
		}
	}
	return invoke(remote, flag.Args()[1:])
}

// What the plugin prints.
type printed struct{}

func (printed) Write(data []byte) (int, error) {
	return fmt.Printf("printed: %s", data)
}

func invoke(remote *rpc.Client, arguments []string) (string, error) {
	text := strings.Join(arguments, " ")
	var none interface{}
	switch *call {
	case "hello":
		var reply string
		err := remote.Call("Plugin.SayHello", text, &reply)
		return reply, err
	case "echo":
		var reply []byte
		sent := bytes.Repeat([]byte("0123456789abcdef!"), number(text)/17+1)[:number(text)]
		err := remote.Call("Plugin.Echo", sent, &reply)
		if err == nil && !bytes.Equal(sent, reply) {
			err = errors.New("what came back is not what was sent")
		}
		return fmt.Sprint(len(reply), " bytes"), err
	case "fail":
		return "did not fail", remote.Call("Plugin.Fail", text, &none)
	case "sum":
		var reply uint64
		err := remote.Call("Plugin.Sum", numbers(arguments), &reply)
		return fmt.Sprint(reply), err
	case "many":
		return many(remote, number(text))
	case "sleep":
		return "slept", remote.Call("Plugin.Sleep", uint64(number(text)), &none)
	case "die":
		return "did not die", remote.Call("Plugin.Die", text, &none)
	case "mirror":
		var reply wire.Entry
		err := remote.Call("Plugin.Mirror", entry(), &reply)
		shown, _ := json.Marshal(reply)
		return string(shown), err
	case "tag":
		labels := map[string]string{}
		for _, argument := range arguments {
			key, value, _ := strings.Cut(argument, "=")
			labels[key] = value
		}
		var reply map[string]string
		err := remote.Call("Plugin.Tag", labels, &reply)
		shown, _ := json.Marshal(reply)
		return string(shown), err
	case "count":
		var reply uint64
		err := remote.Call("Plugin.Count", new(interface{}), &reply)
		return fmt.Sprint(reply), err
	case "keep":
		return keep(remote, arguments[0], arguments[1])
	case "fill":
		for i := 0; i < number(text); i++ {
			arguments := map[string]interface{}{"key": "x", "value": make([]byte, 1<<20)}
			if err := remote.Call("Plugin.Put", arguments, &none); err != nil {
				return "", err
			}
		}
		return text + " MiB", nil
	case "none":
		return "there is one", remote.Call("Plugin.None", text, &none)
	}
	return "", fmt.Errorf("no call is named %q", *call)
}

// Calls at once, half of which sleep a while.
func many(remote *rpc.Client, count int) (string, error) {
	done := []*rpc.Call{}
	start := time.Now()
	for i := 0; i < count; i++ {
		var reply uint64
		sum := wire.Numbers{Start: uint64(i), Numbers: []uint64{1}}
		done = append(done, remote.Go("Plugin.Sleep", uint64(100), new(interface{}), nil), remote.Go("Plugin.Sum", sum, &reply, nil))
	}
	for i, call := range done {
		<-call.Done
		if call.Error != nil {
			return "", call.Error
		}
		if sum, ok := call.Reply.(*uint64); ok && *sum != uint64(i/2)+1 {
			return "", fmt.Errorf("sum %d is %d", i/2, *sum)
		}
	}
	if took := time.Since(start); took > 3*time.Second {
		return "", fmt.Errorf("they waited for each other: %s", took)
	}
	return fmt.Sprint(count, " calls at once"), nil
}

// Puts a value as go-plugin's example does, and gets it back. Between, it puts what no plugin of ours takes.
func keep(remote *rpc.Client, key, value string) (string, error) {
	var none interface{}
	put := func(value interface{}) error {
		return remote.Call("Plugin.Put", map[string]interface{}{"key": key, "value": value, "unknown": 1.5}, &none)
	}
	if err := put([]byte(value)); err != nil {
		return "", err
	}
	fmt.Println(put([]string{value}))
	fmt.Println(put(7))
	var reply []byte
	err := remote.Call("Plugin.Get", key, &reply)
	if err == nil {
		err = remote.Call("Plugin.Put", struct {
			Key   string
			Value []byte
		}{key, append(reply, '!')}, &none)
	}
	if err == nil {
		err = remote.Call("Plugin.Get", key, &reply)
	}
	return string(reply), err
}

func entry() wire.Entry {
	return wire.Entry{
		UserId: 1 << 63, Title: "Zoë", Newer: map[string][]wire.Place{"there": {{X: 3, Y: 4}}}, IsOpen: true, Ratio: -0.5, Small: -128,
		Data: []byte{0, 255}, Place: &wire.Place{X: -1}, Labels: map[string]string{"a": "b", "": ""}, Scores: []int32{-7, 0, 1 << 30}, ID: 42,
		Stamp: &wire.Stamp{
			At: time.Unix(1, 5), Took: 1500 * time.Millisecond, Letter: 'é', Corner: [2]int16{-1, 0}, Pair: wire.Pair{Field1: "x"},
			Parts: []wire.Stamp{{At: time.Unix(-1, 5).UTC(), Parts: []wire.Stamp{{}}}},
		},
	}
}

func number(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return number
}

func numbers(arguments []string) wire.Numbers {
	var all []uint64
	for _, argument := range arguments {
		number, err := strconv.ParseUint(argument, 10, 64)
		if err != nil {
			panic(err)
		}
		all = append(all, number)
	}
	return wire.Numbers{Start: all[0], Numbers: all[1:]}
}
