package inputs

import (
	"maps"
	"slices"
)

// extensionName is the key at the top of a compose file under which a stack says to mooring what it wants.
const extensionName = "x-mooring"

// wishes reads what a stack says to mooring: {suspend: true, after: [paths]}. The error is a *Problem: a wish that is
// misspelt must not be lost.
func wishes(value any) (suspend bool, after []string, err error) {
	section, ok := value.(map[string]any)
	if !ok && value != nil {
		return false, nil, problem("%s must have the keys suspend and after, or one of them.", extensionName)
	}
	for _, key := range slices.Sorted(maps.Keys(section)) {
		switch key {
		case "suspend":
			suspend, ok = section[key].(bool)
			if !ok {
				return false, nil, problem("suspend in %s must be true or false.", extensionName)
			}
		case "after":
			paths, ok := section[key].([]any)
			for _, item := range paths {
				path, isText := item.(string)
				ok = ok && isText
				after = append(after, path)
			}
			if !ok {
				return false, nil, problem("after in %s must be a list of paths of stacks.", extensionName)
			}
		default:
			return false, nil, problem("%s has the key %s; mooring knows suspend and after.", extensionName, quote(key))
		}
	}
	return suspend, after, nil
}
