package encode

import "mooring/actors"

// StackWithContents returns one stack with what it is made of, or with the problem that its files have.
func StackWithContents(stack actors.Stack, contents actors.Contents) []byte {
	b := appendStack(nil, stack)
	b = appendText(b[:len(b)-len("}")], `,"revision":`, contents.Revision)
	if contents.Problem != "" {
		b = appendText(b, `,"problem":`, contents.Problem)
		return append(b, "}\n"...)
	}
	b = appendText(b, `,"project":`, contents.Project)
	b = appendList(b, `,"compose_files":`, contents.ComposeFiles, appendString)
	b = appendList(b, `,"inputs":`, contents.Inputs, appendInput)
	return append(b, "}\n"...)
}

func appendInput(b []byte, input actors.Input) []byte {
	b = appendText(b, `{"path":`, input.Path)
	b = appendText(b, `,"use":`, input.Use)
	b = appendText(b, `,"kind":`, input.Kind)
	b = appendText(b, `,"id":`, input.ID)
	return append(b, '}')
}
