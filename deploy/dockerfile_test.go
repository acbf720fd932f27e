package deploy_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The Dockerfile copies folder by folder. Each package that the programs need must be among them.
func TestDockerfileCopiesEveryPackage(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}", "./worker", "./starter", "./gateway", "./sandbox")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text := read(t, "Dockerfile")
	for _, dir := range strings.Fields(string(out)) {
		path, err := filepath.Rel(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		folder, _, _ := strings.Cut(path, "/")
		if !strings.Contains(text, "\nCOPY "+folder+"/ "+folder+"/\n") {
			t.Errorf("Dockerfile does not copy %s/", folder)
		}
	}
}

func TestDockerfileIsPinnedAndWithoutRoot(t *testing.T) {
	text := read(t, "Dockerfile")
	if !strings.Contains(text, "\nFROM scratch\n") || !strings.Contains(read(t, "deploy/image/Dockerfile"), "\nFROM scratch\n") {
		t.Error("the image holds more than the programs")
	}
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1) {
		if m[1] != "scratch" && !regexp.MustCompile(`:\d+\.\d+\.\d+`).MatchString(m[1]) {
			t.Errorf("FROM %s: want a tag with a whole version", m[1])
		}
	}
	users := regexp.MustCompile(`(?m)^USER (\S+)`).FindAllStringSubmatch(text, -1)
	if len(users) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(users[0][1]) {
		t.Errorf("USER is %v, want one by number, not root", users)
	}
	if m := regexp.MustCompile(`(?m)^ADD |\b(apk add|apt-get|curl|wget) [-h]`).FindString(text); m != "" {
		t.Errorf("Dockerfile fetches something (%q); want base images and Go modules alone", m)
	}
	if strings.Contains(text, "COPY . ") {
		t.Error("COPY . takes secrets and data into a layer")
	}
}

// A module in the cache that was changed makes the check fail. Fails without: taking the exit code of go mod verify.
func TestMakeVerifiedFailsWithTheCheck(t *testing.T) {
	for tool, fine := range map[string]bool{"true": true, "false": false} {
		cmd := exec.Command("make", "--no-print-directory", "verified", "GO="+tool)
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); (err == nil) != fine {
			t.Errorf("with a go that ends like %s: %v\n%s", tool, err, out)
		}
	}
}
