// The side that serves. The path says what it does.

package streaming

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// A Streamer reads and writes a file in chunks, or what its path says instead:
//
//	fail:TEXT      gives three chunks and fails, or takes as many and fails
//	chunks:NUMBER  gives so many chunks
//	endless:FILE   gives chunks until nobody takes them, and writes `ended` to the file
//	mute:FILE      writes the file, and ends without a reply, as go-plugin's example does
//	three:         takes three chunks, and returns
//	log:FILE       takes all chunks, and writes their number, their length and how they ended to the file
//	stall:FILE     the same, after a second
type Streamer struct {
	mutex sync.Mutex
	path  string
	size  int64
}

// Register adds the service.
func Register(server *grpc.Server) {
	streamer := &Streamer{}
	configure := func(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		request := &configuration{}
		if err := decode(request); err != nil {
			return nil, err
		}
		streamer.mutex.Lock()
		defer streamer.mutex.Unlock()
		streamer.path, streamer.size = request.Path, request.ChunkSize
		return &empty{}, nil
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "proto.StreamerService",
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Configure", Handler: configure}},
		Streams: []grpc.StreamDesc{
			{StreamName: "Read", ServerStreams: true, Handler: func(_ interface{}, stream grpc.ServerStream) error {
				if err := stream.RecvMsg(&empty{}); err != nil {
					return err
				}
				return streamer.read(func(bytes []byte) error { return stream.SendMsg(&chunk{bytes}) })
			}},
			{StreamName: "Write", ClientStreams: true, Handler: func(_ interface{}, stream grpc.ServerStream) error {
				err := streamer.write(func() ([]byte, error) {
					item := &chunk{}
					err := stream.RecvMsg(item)
					return item.Bytes, err
				})
				if err != nil {
					return err
				}
				if kind, _, _ := streamer.configured(); kind == "mute" {
					return nil
				}
				return stream.SendMsg(&empty{})
			}},
		},
	}, nil)
}

func (s *Streamer) configured() (kind, path string, size int64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if kind, path, isKind := strings.Cut(s.path, ":"); isKind {
		return kind, path, s.size
	}
	return "", s.path, s.size
}

func (s *Streamer) read(send func([]byte) error) error {
	kind, path, size := s.configured()
	switch kind {
	case "fail":
		for i := 0; i < 3; i++ {
			if err := send(make([]byte, size)); err != nil {
				return err
			}
		}
		return errors.New(path)
	case "chunks":
		number, err := strconv.Atoi(path)
		for i := 0; i < number && err == nil; i++ {
			err = send(make([]byte, size))
		}
		return err
	case "endless":
		for {
			if err := send(make([]byte, size)); err != nil {
				os.WriteFile(path, []byte("ended"), 0o600)
				return err
			}
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		bytes := make([]byte, size)
		n, err := io.ReadFull(file, bytes)
		if n > 0 {
			if err := send(bytes[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *Streamer) write(receive func() ([]byte, error)) error {
	kind, path, _ := s.configured()
	switch kind {
	case "fail", "three":
		for i := 0; i < 3; i++ {
			if _, err := receive(); err != nil {
				return err
			}
		}
		if kind == "fail" {
			return errors.New(path)
		}
		return nil
	case "log", "stall":
		if kind == "stall" {
			time.Sleep(time.Second)
		}
		number, length, end := 0, 0, "ok"
		for {
			bytes, err := receive()
			if err == io.EOF {
				break
			}
			if err != nil {
				end = "cancelled"
				break
			}
			number, length = number+1, length+len(bytes)
		}
		return os.WriteFile(path, []byte(fmt.Sprintf("%d, %d, %s", number, length, end)), 0o600)
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		bytes, err := receive()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := file.Write(bytes); err != nil {
			return err
		}
	}
}
