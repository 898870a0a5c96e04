// Package plan decides what has to be done so that a Docker engine runs what Git says. It is a pure function of the
// stacks as they were read and of the containers that the engine has. It reads nothing, starts nothing and keeps nothing.
//
// A stack's containers are found by the name of its Compose project, and are known to be this process's own by labels.
// Nothing is taken down that does not carry them. So a plan is safe if it is made from old or from no knowledge: at worst
// it asks for something that is there already.
package plan
