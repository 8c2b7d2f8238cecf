// What both hosts measure of a plugin.

package measure

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// An Opened plugin, which has answered once.
type Opened struct {
	Pid   int
	Hello func() error
	Kill  func()
}

type report struct {
	TLS        bool             `json:"tls"`
	Cold       *Times           `json:"cold,omitempty"`
	Call       *Times           `json:"call,omitempty"`
	Throughput map[string]int64 `json:"calls_per_second,omitempty"`
	// Of the plugin, when it has answered once, and after all calls.
	Fresh int64 `json:"fresh_rss_kib"`
	Used  int64 `json:"used_rss_kib"`
}

// Main measures what the flags say, and prints it.
func Main(open func(tls bool) (Opened, error)) {
	tls := flag.Bool("tls", false, "turn AutoMTLS on")
	calls := flag.Int("calls", 20000, "how many calls to time, one after another")
	goroutines := flag.String("goroutines", "1,8,64", "how many goroutines call at once")
	span := flag.Duration("span", time.Second, "how long they call")
	starts := flag.Int("starts", 50, "how many plugins to start")
	flag.Parse()
	run := func() error {
		result := report{TLS: *tls}
		var err error
		result.Cold, err = Each(*starts, func() (time.Duration, error) {
			start := time.Now()
			opened, err := open(*tls)
			took := time.Since(start)
			opened.Kill()
			return took, err
		})
		if err != nil {
			return err
		}
		opened, err := open(*tls)
		defer opened.Kill()
		if err != nil {
			return err
		}
		result.Fresh = Resident(opened.Pid)
		if result.Call, err = Latency(*calls, opened.Hello); err != nil {
			return err
		}
		if result.Throughput, err = Throughput(*goroutines, *span, opened.Hello); err != nil {
			return err
		}
		result.Used = Resident(opened.Pid)
		return Print(result)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
