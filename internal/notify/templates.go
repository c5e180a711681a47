package notify

// Templates holds a clinic's texts, compiled once and asked often. It is safe for concurrent use.
type Templates struct{}
