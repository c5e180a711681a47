package gateway_test

import (
	"fmt"
	"time"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
)

func ExampleFromEnv() {
	env := map[string]string{"PAWBELL_SMS_GATEWAY": "twilio", "PAWBELL_TWILIO_ACCOUNT_SID": "AC1"}
	getenv := func(name string) string { return env[name] }

	_, err := gateway.FromEnv(getenv, gateway.Options{DataDir: "pb_data", Now: time.Now})
	fmt.Println(err)

	delete(env, "PAWBELL_SMS_GATEWAY")
	gateways, err := gateway.FromEnv(getenv, gateway.Options{DataDir: "pb_data", Now: time.Now})
	if err != nil {
		fmt.Println(err)
		return
	}
	sms, _ := gateways.For(outbox.SMS)
	fmt.Println(sms.Name(), gateways.Loopback())
	// Output:
	// missing in the environment: PAWBELL_TWILIO_AUTH_TOKEN, PAWBELL_TWILIO_FROM or PAWBELL_TWILIO_MESSAGING_SERVICE_SID
	// sandbox true
}
