package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// loadTable prints the figures in columns.
type loadTable struct{ *tabwriter.Writer }

func newTable(out io.Writer) loadTable {
	t := loadTable{tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}
	fmt.Fprintln(t, "route\tserver\tbytes\trequests/s\t/ bare\tp50\tp99\tCPU\t")
	return t
}

// route prints the figures of the servers for a route, and returns the missed bars.
func (t loadTable) route(path string, ours []tally, bare tally) (missed []string) {
	t.row(path, bare, bare)
	for _, one := range ours {
		t.row(path, one, bare)
	}
	if ratio := ours[0].rate() / bare.rate(); ratio < enough {
		missed = append(missed, fmt.Sprintf("%s reaches %.2f of a bare server, and not %.2f.", path, ratio, enough))
	}
	if len(ours) < 2 {
		return missed
	}
	ratio := ours[1].rate() / ours[0].rate() // the ratio of both sides' times for one request
	fmt.Fprintf(t, "%s\tmooring / older\t\t\t%.2f\t%.2f\t%.2f\t%.2f\t\n", path, 1/ratio,
		quotient(percentile(ours[0].took, 50), percentile(ours[1].took, 50)),
		quotient(percentile(ours[0].took, 99), percentile(ours[1].took, 99)), quotient(ours[0].each(), ours[1].each()))
	if ratio > slower {
		missed = append(missed, fmt.Sprintf("%s takes %.2f of the older one's time, and not %.2f.", path, ratio, slower))
	}
	return missed
}

func (t loadTable) row(path string, of, bare tally) {
	fmt.Fprintf(t, "%s\t%s\t%d\t%.0f\t%.2f\t%s\t%s\t%s\t\n", path, of.name, of.longest, of.rate(),
		of.rate()/bare.rate(), percentile(of.took, 50), percentile(of.took, 99), of.each())
}

func (t loadTable) end() { t.Flush() }
