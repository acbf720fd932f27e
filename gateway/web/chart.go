package web

import (
	"fmt"
	"math"
	"time"
)

// The picture of the hours, in units of its own: the browser fits it to the width.
const (
	chartWidth  = 720
	chartLeft   = 44
	chartTop    = 10
	chartHeight = 130
	chartBottom = 22
)

// hour are the figures of one hour that are drawn. Times are in seconds, negative where there are none.
type hour struct {
	At                   time.Time
	Placed, Posted, Held int64
	Median, P95          float64
}

// chart is the picture of the last hours: how many orders were placed and came to B1, and how long they took.
type chart struct {
	Hours []hour
	// Says is the text alternative.
	Says          string
	Orders, Times panel
	HasTimes      bool
}

// panel is one drawing with its axes.
type panel struct {
	Width, Height int
	Lines         []gridLine
	Labels        []hourLabel
	Bars          []rect
	Whiskers      []rect
}

type gridLine struct {
	Left, Right, Y int
	Text           string
}

type hourLabel struct {
	X, Y int
	At   time.Time
}

// rect is a bar; Class says what it stands for, Title what it says when it is pointed at.
type rect struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// draw makes the picture, nil without hours.
func draw(hours []hour, says string) *chart {
	if len(hours) == 0 {
		return nil
	}
	c := &chart{Hours: hours, Says: says}
	most, longest := int64(1), 0.0
	for _, h := range hours {
		most = max(most, h.Placed, h.Posted)
		longest = max(longest, h.P95)
		c.HasTimes = c.HasTimes || h.P95 >= 0
	}
	c.Orders = axes(hours, niceAbove(float64(most)), func(v float64) string { return count(int64(v)) })
	c.Times = axes(hours, niceSeconds(longest), func(v float64) string { return seconds(v) })
	top, span := niceAbove(float64(most)), step(hours)
	slowest := niceSeconds(longest)
	for n, h := range hours {
		x := chartLeft + float64(n)*span
		at := h.At.UTC().Format("15:04")
		c.Orders.bar(x+span*.12, span*.36, float64(h.Placed)/top, "placed", fmt.Sprintf("%s UTC: %s placed", at, count(h.Placed)))
		c.Orders.bar(x+span*.52, span*.36, float64(h.Posted)/top, "sent", fmt.Sprintf("%s UTC: %s to B1", at, count(h.Posted)))
		if h.P95 >= 0 {
			title := fmt.Sprintf("%s UTC: half within %s, 95 %% within %s", at, seconds(h.Median), seconds(h.P95))
			c.Times.bar(x+span*.42, max(span*.16, 1.5), h.P95/slowest, "lag", title)
			c.Times.bar(x+span*.25, span*.5, h.Median/slowest, "sent", title)
		}
	}
	return c
}

func step(hours []hour) float64 { return float64(chartWidth-chartLeft) / float64(len(hours)) }

// bar adds one that is so high as a part of the whole; none for nothing.
func (p *panel) bar(x, width, part float64, class, title string) {
	if part <= 0 {
		return
	}
	height := max(math.Min(part, 1)*chartHeight, 1.5)
	p.Bars = append(p.Bars, rect{X: tenth(x), Y: tenth(chartTop + chartHeight - height), W: tenth(width), H: tenth(height), Class: class, Title: title})
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// axes draws the grid: nothing, half, and the whole; and an hour below every few bars.
func axes(hours []hour, top float64, says func(float64) string) panel {
	p := panel{Width: chartWidth, Height: chartTop + chartHeight + chartBottom}
	for _, part := range []float64{0, .5, 1} {
		p.Lines = append(p.Lines, gridLine{chartLeft, chartWidth, chartTop + int(chartHeight*(1-part)), says(top * part)})
	}
	every := max(1, (len(hours)+5)/6)
	for n := 0; n < len(hours); n += every {
		p.Labels = append(p.Labels, hourLabel{chartLeft + int((float64(n)+.5)*step(hours)), p.Height - 6, hours[n].At})
	}
	return p
}

// niceAbove is the next number that reads well and can be halved.
func niceAbove(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(max(v, 2))))
	for _, m := range []float64{1, 2, 4, 6, 8, 10} {
		if m*unit >= max(v, 2) {
			return m * unit
		}
	}
	return 10 * unit
}

// niceSeconds does so for times: whole minutes and hours above a minute.
func niceSeconds(v float64) float64 {
	unit := 1.0
	switch {
	case v > 2*3600:
		unit = 3600
	case v > 120:
		unit = 60
	}
	return niceAbove(v/unit) * unit
}
