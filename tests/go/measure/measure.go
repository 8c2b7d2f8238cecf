// Package measure takes the times of calls, and prints them as JSON. It does not know what is called.
package measure

import (
	"encoding/json"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Times are those of many runs of one thing, in nanoseconds.
type Times struct {
	Count int   `json:"count"`
	Min   int64 `json:"min_ns"`
	P50   int64 `json:"p50_ns"`
	P99   int64 `json:"p99_ns"`
}

// Latency is that of calls one after another, once a tenth of them has warmed up.
func Latency(count int, call func() error) (*Times, error) {
	for i := 0; i < count/10; i++ {
		if err := call(); err != nil {
			return nil, err
		}
	}
	return Each(count, func() (time.Duration, error) {
		start := time.Now()
		err := call()
		return time.Since(start), err
	})
}

// Each is of runs that take their own time, nil when there are none.
func Each(count int, run func() (time.Duration, error)) (*Times, error) {
	if count == 0 {
		return nil, nil
	}
	times := make([]int64, count)
	for i := range times {
		took, err := run()
		if err != nil {
			return nil, err
		}
		times[i] = took.Nanoseconds()
	}
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	return &Times{Count: count, Min: times[0], P50: times[count/2], P99: times[count*99/100]}, nil
}

// Throughput is calls a second, for each of these numbers of goroutines (`1,8,64`), each kept up for a while.
func Throughput(goroutines string, span time.Duration, call func() error) (map[string]int64, error) {
	rates := map[string]int64{}
	for _, number := range strings.FieldsFunc(goroutines, func(r rune) bool { return r == ',' }) {
		threads, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		var done int64
		var failed atomic.Value
		var all sync.WaitGroup
		start := time.Now()
		for i := 0; i < threads; i++ {
			all.Add(1)
			go func() {
				defer all.Done()
				for time.Since(start) < span {
					if err := call(); err != nil {
						failed.Store(err)
						return
					}
					atomic.AddInt64(&done, 1)
				}
			}()
		}
		all.Wait()
		if err := failed.Load(); err != nil {
			return nil, err.(error)
		}
		rates[number] = int64(float64(done) / time.Since(start).Seconds())
	}
	return rates, nil
}

// Resident is the memory of a process in KiB, 0 where /proc does not say.
func Resident(pid int) int64 {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	fields := append(strings.Fields(rest), "")
	resident, _ := strconv.ParseInt(fields[0], 10, 64)
	return resident
}

// Print writes a report as one line.
func Print(report interface{}) error {
	return json.NewEncoder(os.Stdout).Encode(report)
}
