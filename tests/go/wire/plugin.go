// The services as a go-plugin plugin, and the handshake of the reference document.

package wire

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Handshake is what host and plugin agree on.
var Handshake = plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "HASHI", MagicCookieValue: "hola"}

// Plugins is what there is to dispense: under one name the connection, over which the services are called.
var Plugins = plugin.PluginSet{"plug": &services{}}

type services struct {
	plugin.NetRPCUnsupportedPlugin
}

// A Conn is what a host dispenses: the connection, and go-plugin's broker beside it.
type Conn struct {
	*grpc.ClientConn
	Broker Broker
}

func (*services) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	Register(server)
	RegisterBack(server, broker)
	return nil
}

func (*services) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (interface{}, error) {
	return &Conn{conn, broker}, nil
}
