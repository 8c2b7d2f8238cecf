// The side that calls.

package streaming

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// Run makes the calls of a command, and returns what came of them. Each begins with the path and the length of a chunk.
//
//	read PATH SIZE           the length and the checksum of all
//	take PATH SIZE NUMBER    takes so many chunks, and cancels
//	write PATH SIZE NUMBER   sends so many chunks: how many were sent after half a second, and at the end
//	cancel PATH SIZE NUMBER  sends so many chunks, and cancels when they have arrived
func Run(conn *grpc.ClientConn, command []string) (string, error) {
	if len(command) < 3 {
		return "", fmt.Errorf("name a command, a path and a size: %q", command)
	}
	size, err := strconv.ParseInt(command[2], 10, 64)
	if err != nil {
		return "", err
	}
	number := 0
	if len(command) > 3 {
		if number, err = strconv.Atoi(command[3]); err != nil {
			return "", err
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := Configure(ctx, conn, command[1], size); err != nil {
		return "", err
	}
	switch command[0] {
	case "read":
		length, sum := 0, crc32.NewIEEE()
		err := Read(ctx, conn, func(bytes []byte) bool {
			length += len(bytes)
			sum.Write(bytes)
			return true
		})
		return fmt.Sprintf("%d %08x", length, sum.Sum32()), err
	case "take":
		taken := 0
		err := Read(ctx, conn, func([]byte) bool {
			taken++
			return taken < number
		})
		cancel()
		// The connection carries the news, and ends with this process.
		time.Sleep(200 * time.Millisecond)
		return fmt.Sprint(taken), err
	case "write":
		sent, early := int64(0), int64(0)
		time.AfterFunc(500*time.Millisecond, func() { atomic.StoreInt64(&early, atomic.LoadInt64(&sent)) })
		err := Write(ctx, conn, func() []byte {
			if number > 0 && atomic.LoadInt64(&sent) == int64(number) {
				return nil
			}
			return pattern(int(atomic.AddInt64(&sent, 1)-1), int(size))
		})
		return fmt.Sprintf("%d, %d", atomic.LoadInt64(&early), atomic.LoadInt64(&sent)), err
	case "cancel":
		sent := 0
		err := Write(ctx, conn, func() []byte {
			if sent == number {
				// A call that is cancelled at once may never begin.
				time.Sleep(500 * time.Millisecond)
				cancel()
				time.Sleep(200 * time.Millisecond)
			}
			sent++
			return pattern(0, int(size))
		})
		return "", err
	}
	return "", fmt.Errorf("there is no command %q", strings.Join(command, " "))
}

// The bytes of a chunk, which differ from those of the next.
func pattern(at, size int) []byte {
	bytes := make([]byte, size)
	for i := range bytes {
		bytes[i] = byte(at + i)
	}
	return bytes
}

// Configure sets the path and the length of chunks.
func Configure(ctx context.Context, conn *grpc.ClientConn, path string, size int64) error {
	return conn.Invoke(ctx, "/proto.StreamerService/Configure", &configuration{path, size}, &empty{})
}

// Read takes chunks until the function returns false.
func Read(ctx context.Context, conn *grpc.ClientConn, take func([]byte) bool) error {
	desc := &grpc.StreamDesc{StreamName: "Read", ServerStreams: true}
	stream, err := conn.NewStream(ctx, desc, "/proto.StreamerService/Read")
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&empty{}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		item := &chunk{}
		err := stream.RecvMsg(item)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !take(item.Bytes) {
			return nil
		}
	}
}

// Write sends chunks until the function returns nil, or the other side takes no more.
func Write(ctx context.Context, conn *grpc.ClientConn, next func() []byte) error {
	desc := &grpc.StreamDesc{StreamName: "Write", ClientStreams: true}
	stream, err := conn.NewStream(ctx, desc, "/proto.StreamerService/Write")
	if err != nil {
		return err
	}
	for bytes := next(); bytes != nil; bytes = next() {
		if err := stream.SendMsg(&chunk{bytes}); err == io.EOF {
			// The status comes with the reply.
			return stream.RecvMsg(&empty{})
		} else if err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(&empty{})
}
