// Package bench answers how fast the whole program is, as its users meet it: a real process with a large clinic on the disk, asked over HTTP
// by sixteen clients on the same machine, next to what bare PocketBase does in the same run.
package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// clients is how many ask at the same time.
const clients = 16

// server is a running program.
type server struct {
	address string
	pid     int
}

// start runs the program on a data folder, its clock at the first day of the book's future.
func start(b testing.TB, dir string) server {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	run := exec.CommandContext(ctx, binary(b), "serve", "--dir", dir, "--http", address)
	run.Env = append(os.Environ(), "PAWBELL_NOW="+today.Format(time.RFC3339))
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.WaitDelay = 20 * time.Second
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stop()
		if err := run.Wait(); err != nil && ctx.Err() == nil {
			b.Errorf("the server ended with %v\n%s", err, output.String())
		}
	})
	for range 200 {
		time.Sleep(50 * time.Millisecond)
		if answer, err := http.Get("http://" + address + "/api/health"); err == nil {
			if err := answer.Body.Close(); err != nil {
				b.Fatal(err)
			}
			return server{address, run.Process.Pid}
		}
	}
	b.Fatalf("the server never answered\n%s", output.String())
	return server{}
}

// resident is the memory of the process in megabytes.
func (s server) resident(b testing.TB) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
	if err != nil {
		return 0 // no such file outside Linux
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}

// load asks b.N times over sixteen connections, and reports the rate and the slowest percent. The client writes and reads bytes itself: a
// general one would take half of the two cores that it shares with the server.
func load(b *testing.B, s server, want int, request func(n int) string) {
	b.Helper()
	times := make([]time.Duration, b.N)
	var next atomic.Int64
	var working sync.WaitGroup
	var failed atomic.Value
	b.ResetTimer()
	for range clients {
		working.Go(func() {
			connection, err := net.Dial("tcp", s.address)
			if err != nil {
				failed.Store(err.Error())
				return
			}
			defer connection.Close()
			reader := bufio.NewReaderSize(connection, 64<<10)
			for {
				n := int(next.Add(1)) - 1
				if n >= b.N {
					return
				}
				text := request(n)
				began := time.Now()
				if _, err := io.WriteString(connection, text); err != nil {
					failed.Store(err.Error())
					return
				}
				status, body, err := answer(reader)
				times[n] = time.Since(began)
				if err != nil || status != want {
					failed.Store(fmt.Sprintf("answer %d (%v): %.300s", status, err, body))
					return
				}
			}
		})
	}
	working.Wait()
	b.StopTimer()
	if message := failed.Load(); message != nil {
		b.Fatal(message)
	}
	slices.Sort(times)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(s.resident(b), "RSS-MB")
}

// answer reads one HTTP/1.1 answer.
func answer(reader *bufio.Reader) (status int, body []byte, err error) {
	line, err := reader.ReadSlice('\n')
	if err != nil || len(line) < 12 {
		return 0, nil, fmt.Errorf("status line: %w", err)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length, chunked := 0, false
	for {
		if line, err = reader.ReadSlice('\n'); err != nil {
			return status, nil, err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := header(line, "Content-Length:"); ok {
			if length, err = strconv.Atoi(v); err != nil {
				return status, nil, err
			}
		}
		if v, ok := header(line, "Transfer-Encoding:"); ok {
			chunked = v == "chunked"
		}
	}
	if !chunked {
		body = make([]byte, length)
		_, err = io.ReadFull(reader, body)
		return status, body, err
	}
	for {
		if line, err = reader.ReadSlice('\n'); err != nil {
			return status, body, err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(line)), 16, 32)
		if err != nil {
			return status, body, err
		}
		chunk := make([]byte, size+2)
		if _, err := io.ReadFull(reader, chunk); err != nil {
			return status, body, err
		}
		if size == 0 {
			return status, body, nil
		}
		body = append(body, chunk[:size]...)
	}
}

func header(line []byte, name string) (string, bool) {
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return "", false
	}
	return string(bytes.TrimSpace(line[len(name):])), true
}

func get(target string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: bench\r\n\r\n"
}

func post(target, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", target, len(body), body)
}
