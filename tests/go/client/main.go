// A plain gRPC client, as the reference document writes it: one call to a server that runs, or is about to.
//
//	client [-call CALL] [-meta KEY=VALUE] [-deadline TIME] ADDRESS [ARGUMENT…]
//
// ADDRESS is HOST:PORT or unix:PATH.
package main

import (
	"flag"

	"google.golang.org/grpc"

	"../wire"
)

func main() {
	var call wire.Call
	call.Flags()
	flag.Parse()
	conn, err := grpc.Dial(flag.Arg(0), grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		wire.Exit("", err)
	}
	wire.Exit(call.Run(conn, flag.Args()[1:]))
}
