package jobs

import (
	"context"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
	"pawbell/internal/store"
)

// ByHand answers the jobs by name for somebody who says when each of them runs, until ctx ends. Nothing runs by itself: no cron and no bell, so that
// a clock which jumps from act to act never jumps in the middle of a job. The caller must not run one while another is under way.
func ByHand(ctx context.Context, app core.App, desk *store.Desk, gateways gateway.Set, now Clock) map[string]func(context.Context, time.Time) error {
	j := newHouse(app, desk, gateways, now)
	ctx, stop := context.WithCancel(ctx)
	j.start(ctx, stop)
	return map[string]func(context.Context, time.Time) error{"dispatch": j.Dispatch, "plan": j.Plan, "sync": j.Sync, "sweep": j.Sweep}
}
