// The plugin as go-plugin wants it of an author.

package counting

import (
	"context"
	"net/rpc"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"../streaming"
)

// Handshake is what host and plugin agree on, as in go-plugin's examples.
var Handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "BASIC_PLUGIN", MagicCookieValue: "hello"}

type shim struct {
	counts   *Counts
	isKeeper bool
}

func (s shim) Server(broker *plugin.MuxBroker) (interface{}, error) {
	if s.isKeeper {
		return &RPCKeeper{s.counts, broker}, nil
	}
	return &RPCCounter{s.counts, broker}, nil
}

// Client is a client alone, and the broker is in it.
func (s shim) Client(broker *plugin.MuxBroker, client *rpc.Client) (interface{}, error) {
	if s.isKeeper {
		return RPC{Broker: broker, Keeper: client}, nil
	}
	return RPC{Broker: broker, Counter: client}, nil
}

func (s shim) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	if s.isKeeper {
		// The plugins of one process share its server.
		return nil
	}
	s.counts.Register(server, broker)
	streaming.Register(server)
	return nil
}

func (shim) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return GRPC{conn, broker}, nil
}
