// Package tablemaker writes reftables for tests, in every form that git's Documentation/technical/reftable allows. Only
// tests import it. It uses no code of package reftable, which is under test.
package tablemaker
